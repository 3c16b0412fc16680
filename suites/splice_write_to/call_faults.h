// SPDX-License-Identifier: Apache-2.0
// CallFaults: the calls that a transfer makes fail when a test says so, and are counted.
#pragma once

#include <array>
#include <cstdint>

namespace tare::suites {

// What a transfer asks of the system, by its purpose.
enum class Call : uint8_t {
  kSpliceIn,   // splice from a socket
  kSpliceOut,  // splice from a pipe, into whatever
  kWrite,      // write and pwrite
  kReadPipe,   // read
  kMakePipe,   // pipe2
  kSizePipe,   // fcntl of F_SETPIPE_SZ
  kRecv,       // recv
  kSend,       // send
  kAskPipe,    // poll of a pipe and something else
};
inline constexpr int kCalls = 9;

// A program that is built with call_faults.cc makes these calls through it, whichever thread makes
// them; what the kernel is asked by other ways (io_uring's receives) it does not see. Nothing fails
// unless it is told to. One test at a time.
class CallFaults {
 public:
  // The calls of the kind, after `after` that are made, fail with `error`, `times` of them.
  static void Fail(Call call, int error, int64_t after = 0, int64_t times = 1);
  // A write or a splice out moves at most so many bytes; 0: as many as it is asked to.
  static void Shorten(uint64_t bytes);
  // Splices move nothing from now on, and say that they have moved all that they were asked to.
  static void Pretend();
  // Nothing fails any more, and nothing has been counted.
  static void Clear();
  // How many of the kind were made or failed since.
  static int64_t Count(Call call);
  // How many failed because of Fail.
  static int64_t Failed(Call call);
  // How many splices did not say that they must not block. They have not: the flag was added.
  static int64_t Blocking();
};

inline constexpr int64_t kForGood = int64_t{1} << 60;

}  // namespace tare::suites
