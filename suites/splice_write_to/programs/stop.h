// SPDX-License-Identifier: Apache-2.0
// StopSignals: SIGTERM and SIGINT as a wish that a loop learns of.
#pragma once

namespace tare::suites::splice_write_to {

// While one lives, and there is one at a time, the first of either signal makes asked() true and
// then calls wake(what), on whatever thread the signal has hit and as a signal handler: it may call
// Wake of a loop. The second of the same kind ends the process as if there were none.
class StopSignals {
 public:
  using WakeCall = void (*)(void* what) noexcept;

  StopSignals(WakeCall wake, void* what) noexcept;
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool asked() const noexcept;
};

}  // namespace tare::suites::splice_write_to
