// SPDX-License-Identifier: Apache-2.0
// Signals that ask the command to end, turned into something that poll() can wait for.
#pragma once

namespace tare::cli {

// While one lives, SIGINT, SIGTERM and SIGHUP do not end the process: they are noted here, so that
// children can be ended and partial results kept. One at a time, on the main thread.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // The first signal that arrived, or 0.
  int signal() const;
  // Readable from the first signal on, for good. Owned by this object.
  int fd() const;
};

}  // namespace tare::cli
