// SPDX-License-Identifier: Apache-2.0
// SignalShield: keeps SIGPIPE and SIGXFSZ, which some calls raise beside their error, from killing.
#pragma once

namespace tare::io {

// Sends can be told to spare us SIGPIPE; a splice to a dead peer cannot, nor one past a file's
// limit SIGXFSZ. While a shield lives, both are blocked on the thread that made it, which also
// destroys it; several may overlap. The last one to go leaves the mask as the first one found it,
// and takes back what is pending on this thread alone and was not before. (Of a signal that
// somebody has sent to just this thread meanwhile nobody could tell.) No handler and no
// disposition is touched. Threads that are started meanwhile inherit the mask.
class SignalShield {
 public:
  SignalShield() noexcept;
  ~SignalShield();
  SignalShield(const SignalShield&) = delete;
  SignalShield& operator=(const SignalShield&) = delete;
};

// After a call that ended with `error`, an errno: takes back the signal that it has raised on this
// thread for it, if it raises one. What was sent to the process, or was pending before the shield,
// stays pending. Does nothing on a thread without a shield.
void TakeBackSignal(int error) noexcept;

}  // namespace tare::io
