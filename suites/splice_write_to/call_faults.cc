// SPDX-License-Identifier: Apache-2.0
// The system calls of a test program, defined in front of the C library's, for transfers.
#include "suites/splice_write_to/call_faults.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>

namespace tare::suites {
namespace {

struct Fault {
  std::atomic<int64_t> count{0};
  std::atomic<int64_t> failed{0};
  std::atomic<int64_t> after{0};
  std::atomic<int64_t> times{0};
  std::atomic<int> error{0};
};

std::array<Fault, kCalls> faults;
std::atomic<uint64_t> shorten{0};
std::atomic<bool> pretend{false};
std::atomic<int64_t> blocking{0};

Fault& Of(Call call) {
  return faults[static_cast<size_t>(call)];
}

// The code with which this call fails, or 0.
int Next(Call call) {
  Fault& fault = Of(call);
  ++fault.count;
  if (fault.times.load() == 0) return 0;
  if (fault.after.load() > 0) {
    --fault.after;
    return 0;
  }
  --fault.times;
  ++fault.failed;
  return fault.error;
}

template <class... Arguments>
long CallUnless(int error, long number, Arguments... arguments) {
  if (error == 0) return syscall(number, arguments...);
  errno = error;
  return -1;
}

bool IsSocket(int handle) {
  struct stat status;
  return fstat(handle, &status) == 0 && S_ISSOCK(status.st_mode);
}

bool IsPipe(int handle) {
  struct stat status;
  return fstat(handle, &status) == 0 && S_ISFIFO(status.st_mode);
}

// What a loop is woken by is no file, and no business of a transfer.
int NextOf(Call call, int handle) {
  struct stat status;
  if (fstat(handle, &status) == 0 && (status.st_mode & S_IFMT) == 0) return 0;
  return Next(call);
}

size_t Short(size_t size) {
  const uint64_t most = shorten;
  return most == 0 ? size : std::min<uint64_t>(size, most);
}

}  // namespace

void CallFaults::Fail(Call call, int error, int64_t after, int64_t times) {
  Fault& fault = Of(call);
  fault.error = error;
  fault.after = after;
  fault.times = times;
}

void CallFaults::Shorten(uint64_t bytes) {
  shorten = bytes;
}

void CallFaults::Pretend() {
  pretend = true;
}

void CallFaults::Clear() {
  shorten = 0;
  pretend = false;
  blocking = 0;
  for (Fault& fault : faults) {
    fault.count = fault.failed = fault.after = fault.times = 0;
    fault.error = 0;
  }
}

int64_t CallFaults::Count(Call call) {
  return Of(call).count;
}

int64_t CallFaults::Failed(Call call) {
  return Of(call).failed;
}

int64_t CallFaults::Blocking() {
  return blocking;
}

namespace {

ssize_t Splice(int from, off64_t* from_at, int to, off64_t* to_at, size_t size, unsigned flags) {
  if ((flags & SPLICE_F_NONBLOCK) == 0) ++blocking;
  const bool in = IsSocket(from);
  const int error = Next(in ? Call::kSpliceIn : Call::kSpliceOut);
  const size_t most = in ? size : Short(size);
  if (error == 0 && pretend) return static_cast<ssize_t>(most);
  return CallUnless(error, SYS_splice, from, from_at, to, to_at, most, flags | SPLICE_F_NONBLOCK);
}

}  // namespace
}  // namespace tare::suites

using tare::suites::Call;
using tare::suites::CallUnless;
using tare::suites::Next;
using tare::suites::NextOf;
using tare::suites::Short;

extern "C" {

ssize_t splice(int from, off64_t* from_at, int to, off64_t* to_at, size_t size, unsigned flags) {
  return tare::suites::Splice(from, from_at, to, to_at, size, flags);
}

ssize_t write(int handle, const void* from, size_t size) {
  return CallUnless(NextOf(Call::kWrite, handle), SYS_write, handle, from, Short(size));
}

ssize_t pwrite(int handle, const void* from, size_t size, off_t at) {
  return CallUnless(Next(Call::kWrite), SYS_pwrite64, handle, from, Short(size), at);
}

ssize_t read(int handle, void* to, size_t size) {
  return CallUnless(NextOf(Call::kReadPipe, handle), SYS_read, handle, to, size);
}

int pipe2(int* ends, int flags) noexcept {
  return static_cast<int>(CallUnless(Next(Call::kMakePipe), SYS_pipe2, ends, flags));
}

int fcntl(int handle, int command, ...) {
  va_list list;
  va_start(list, command);
  void* const argument = va_arg(list, void*);
  va_end(list);
  const int error = command == F_SETPIPE_SZ ? Next(Call::kSizePipe) : 0;
  return static_cast<int>(CallUnless(error, SYS_fcntl, handle, command, argument));
}

int poll(pollfd* ends, nfds_t count, int timeout) {
  // The compiler is told by the C library that poll only writes there.
  const pollfd* volatile first = ends;
  const bool asks = count == 2 && tare::suites::IsPipe(first->fd);
  return static_cast<int>(
      CallUnless(asks ? Next(Call::kAskPipe) : 0, SYS_poll, ends, count, timeout));
}

ssize_t recv(int handle, void* to, size_t size, int flags) {
  return CallUnless(Next(Call::kRecv), SYS_recvfrom, handle, to, size, flags, nullptr, nullptr);
}

ssize_t send(int handle, const void* from, size_t size, int flags) {
  return CallUnless(Next(Call::kSend), SYS_sendto, handle, from, size, flags, nullptr, 0);
}

}  // extern "C"
