// SPDX-License-Identifier: Apache-2.0
// The system calls of a test program, defined in front of the C library's.
#include "suites/support/faulty_calls.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tare::suites {
namespace {

constexpr size_t kMaskSize = 8;  // of the system's set of signals

FaultyCalls* current = nullptr;

// Fails as it is told to, or makes the call by its number.
template <class... Arguments>
long CallUnless(int error, long number, Arguments... arguments) {
  if (error == 0) return syscall(number, arguments...);
  errno = error;
  return -1;
}

}  // namespace

FaultyCalls::FaultyCalls(SystemCall call, std::vector<int> errors)
    : call_(call), errors_(std::move(errors)), others_(current) {
  current = this;
}

FaultyCalls::~FaultyCalls() {
  current = others_;
}

int FaultyCalls::Next(SystemCall call, int handle, const void* address, size_t size) {
  FaultyCalls* faulty = current;
  while (faulty != nullptr && faulty->call_ != call) faulty = faulty->others_;
  if (faulty == nullptr) return 0;
  if (faulty->before) {
    const auto before = std::exchange(faulty->before, nullptr);
    before(handle, address, size);
    faulty->before = before;
  }
  return faulty->left() == 0 ? 0 : faulty->errors_[faulty->met_++];
}

}  // namespace tare::suites

using tare::suites::CallUnless;
using tare::suites::FaultyCalls;
using tare::suites::kMaskSize;
using tare::suites::SystemCall;

extern "C" {

int accept4(int handle, sockaddr* address, socklen_t* size, int flags) {
  return static_cast<int>(CallUnless(FaultyCalls::Next(SystemCall::kAccept4, handle), SYS_accept4,
                                     handle, address, size, flags));
}

int connect(int handle, const sockaddr* address, socklen_t size) {
  const int error = FaultyCalls::Next(SystemCall::kConnect, handle, address, size);
  if (error == EINTR) (void)syscall(SYS_connect, handle, address, size);
  return static_cast<int>(CallUnless(error, SYS_connect, handle, address, size));
}

ssize_t recv(int handle, void* to, size_t size, int flags) {
  return CallUnless(FaultyCalls::Next(SystemCall::kRecv, handle), SYS_recvfrom, handle, to, size,
                    flags, nullptr, nullptr);
}

ssize_t send(int handle, const void* from, size_t size, int flags) {
  return CallUnless(FaultyCalls::Next(SystemCall::kSend, handle), SYS_sendto, handle, from, size,
                    flags, nullptr, 0);
}

ssize_t recvmsg(int handle, msghdr* message, int flags) {
  return CallUnless(FaultyCalls::Next(SystemCall::kRecvMsg, handle), SYS_recvmsg, handle, message,
                    flags);
}

ssize_t sendmsg(int handle, const msghdr* message, int flags) {
  return CallUnless(FaultyCalls::Next(SystemCall::kSendMsg, handle), SYS_sendmsg, handle, message,
                    flags);
}

ssize_t recvfrom(int handle, void* to, size_t size, int flags, sockaddr* address,
                 socklen_t* address_size) {
  return CallUnless(FaultyCalls::Next(SystemCall::kRecvFrom, handle), SYS_recvfrom, handle, to,
                    size, flags, address, address_size);
}

ssize_t sendto(int handle, const void* from, size_t size, int flags, const sockaddr* address,
               socklen_t address_size) {
  return CallUnless(FaultyCalls::Next(SystemCall::kSendTo, handle), SYS_sendto, handle, from, size,
                    flags, address, address_size);
}

ssize_t sendfile(int to, int from, off_t* offset, size_t size) noexcept {
  return CallUnless(FaultyCalls::Next(SystemCall::kSendFile, to), SYS_sendfile, to, from, offset,
                    size);
}

// What a program calls that was built for offsets of 64 bits.
ssize_t sendfile64(int to, int from, off64_t* offset, size_t size) noexcept {
  return sendfile(to, from, offset, size);
}

ssize_t splice(int from, off64_t* from_offset, int to, off64_t* to_offset, size_t size,
               unsigned flags) {
  return CallUnless(FaultyCalls::Next(SystemCall::kSplice, from), SYS_splice, from, from_offset, to,
                    to_offset, size, flags);
}

int epoll_pwait2(int handle, epoll_event* events, int most, const timespec* limit,
                 const sigset_t* mask) {
  return static_cast<int>(
      CallUnless(FaultyCalls::Next(SystemCall::kWait, handle, limit, sizeof *limit),
                 SYS_epoll_pwait2, handle, events, most, limit, mask, kMaskSize));
}

// The system takes away from its limit what has passed; the C library's leaves it.
int ppoll(pollfd* handles, nfds_t count, const timespec* limit, const sigset_t* mask) {
  timespec left = limit != nullptr ? *limit : timespec{};
  return static_cast<int>(CallUnless(FaultyCalls::Next(SystemCall::kWait, -1, limit, sizeof *limit),
                                     SYS_ppoll, handles, count, limit != nullptr ? &left : nullptr,
                                     mask, kMaskSize));
}

int epoll_wait(int handle, epoll_event* events, int most, int millis) {
  return static_cast<int>(
      CallUnless(FaultyCalls::Next(SystemCall::kWaitMillis, handle, &millis, sizeof millis),
                 SYS_epoll_pwait, handle, events, most, millis, nullptr, kMaskSize));
}

int timerfd_settime(int handle, int flags, const itimerspec* at, itimerspec* before) {
  return static_cast<int>(
      CallUnless(FaultyCalls::Next(SystemCall::kSetTimer, handle, at, sizeof *at),
                 SYS_timerfd_settime, handle, flags, at, before));
}

int setsockopt(int handle, int level, int name, const void* value, socklen_t size) {
  return static_cast<int>(CallUnless(FaultyCalls::Next(SystemCall::kSetSockOpt, handle),
                                     SYS_setsockopt, handle, level, name, value, size));
}

}  // extern "C"
