// SPDX-License-Identifier: Apache-2.0
// FaultyCalls: system calls that fail when a test says so, in place of the C library's.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace tare::suites {

enum class SystemCall {
  kAccept4,
  kConnect,
  kRecv,
  kSend,
  kRecvMsg,
  kSendMsg,
  kRecvFrom,
  kSendTo,
  kSendFile,
  kSplice,
  kSetSockOpt,
  kWait,        // epoll_pwait2 and ppoll: the address is that of the timespec
  kWaitMillis,  // epoll_wait: the address is that of the number of milliseconds
  kSetTimer,    // timerfd_settime
};

// A program that is built with faulty_calls.cc makes these calls through it; what the kernel is
// asked by other ways (io_uring) it does not see. While an object of this class lives the next
// calls of its kind fail with the codes given, one after the other, 0 for one that is made; those
// that follow are made. An interrupted connect goes on by itself, as the system's does. One object
// a kind at a time, the last that was made goes first, and all of it on one thread.
class FaultyCalls {
 public:
  FaultyCalls(SystemCall call, std::vector<int> errors);
  ~FaultyCalls();
  FaultyCalls(const FaultyCalls&) = delete;
  FaultyCalls& operator=(const FaultyCalls&) = delete;

  // How many of the codes no call has met yet.
  size_t left() const { return errors_.size() - met_; }
  // Called in front of each call of the kind, with its descriptor and its address, if it has one.
  std::function<void(int handle, const void* address, size_t size)> before;

  // What the calls in faulty_calls.cc ask: the code with which this one fails, or 0.
  static int Next(SystemCall call, int handle, const void* address = nullptr, size_t size = 0);

 private:
  const SystemCall call_;
  const std::vector<int> errors_;
  FaultyCalls* const others_;
  size_t met_ = 0;
};

}  // namespace tare::suites
