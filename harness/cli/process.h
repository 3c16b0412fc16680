// SPDX-License-Identifier: Apache-2.0
// Runs one child process to its end: pinned, watched, its output captured. No shell.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/interrupt.h"

namespace tare::cli {

struct Command {
  // argv[0] is looked up in PATH unless it holds a slash.
  std::vector<std::string> argv;
  // The CPUs that the child may run on; empty: those of this process.
  std::vector<int> cpus;
  // After this the child's process group gets SIGTERM, and SIGKILL after `grace`.
  std::chrono::milliseconds timeout{60000};
  std::chrono::milliseconds grace{2000};
  // More standard output than this ends the child like a timeout does.
  size_t max_output = 16 << 20;
};

struct ProcessEnd {
  enum class How {
    kExited,         // code: exit status
    kSignaled,       // code: signal
    kNotStarted,     // code: errno
    kTimedOut,       // code: milliseconds allowed
    kTooMuchOutput,  // code: bytes allowed
    kInterrupted,    // code: the signal that this process got
  };
  How how = How::kExited;
  int code = 0;
  std::string out;                      // standard output, at most Command::max_output bytes
  std::string err_tail;                 // the last 4 KiB of standard error
  std::chrono::nanoseconds lifetime{};  // from its start to its end
  // Of that, what the child's main thread was ready to run and had no CPU; nothing where the kernel
  // does not tell.
  std::optional<std::chrono::nanoseconds> waited;

  bool Succeeded() const { return how == How::kExited && code == 0; }
  // Such as "killed by signal 11 (SIGSEGV)".
  std::string Describe() const;
};

// Returns when the child has ended and been reaped. The child leads a process group of its own,
// which is killed when the child ends: nothing it started survives it; and the kernel kills the
// child if this process dies. Its standard input is empty. An interrupt ends the child as a timeout
// does; `interrupt` may be null. Call from one thread only: it forks.
ProcessEnd RunProcess(const Command& command, const Interrupt* interrupt);

}  // namespace tare::cli
