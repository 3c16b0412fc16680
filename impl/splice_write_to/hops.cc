// SPDX-License-Identifier: Apache-2.0
// The second hop by bare calls of Linux.
#include "impl/splice_write_to/hops.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>

#include "impl/base/signals.h"

namespace tare::io::splice_write_to {
namespace {

// Linux moves no more in one call.
constexpr size_t kMostBytes = 0x7ffff000;
// The devices of this number, /dev/ptmx, /dev/tty and /dev/console, are each one name of several
// terminals.
constexpr unsigned kNamesOfOthers = 5;

Result Failed(int error) noexcept {
  if (error == EAGAIN || error == EWOULDBLOCK) return {0, Errc::kResource, error};
  TakeBackSignal(error);
  return {0, FromErrno(error), error};
}

template <class Call>
Result Once(Call call) noexcept {
  ssize_t n;
  do {
    n = call();
  } while (n < 0 && errno == EINTR);
  return n >= 0 ? Result{n} : Failed(errno);
}

bool FitsOffset(const uint64_t* offset) noexcept {
  return offset == nullptr || *offset <= static_cast<uint64_t>(std::numeric_limits<off_t>::max());
}

}  // namespace

Result Look(Handle h, Kind& kind) noexcept {
  struct stat status;
  if (fstat(h, &status) != 0) return Failed(errno);
  const int flags = fcntl(h, F_GETFL);
  if (flags < 0) return Failed(errno);
  if (S_ISDIR(status.st_mode)) return {0, Errc::kInvalid, EISDIR};
  if (S_ISSOCK(status.st_mode)) return {0, Errc::kInvalid, EINVAL};
  if ((flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0) {
    return {0, Errc::kInvalid, EBADF};
  }
  kind = {};
  kind.appends = (flags & O_APPEND) != 0;
  kind.waits = S_ISFIFO(status.st_mode) || (S_ISCHR(status.st_mode) && isatty(h) == 1);
  kind.reopens = S_ISFIFO(status.st_mode) || major(status.st_rdev) != kNamesOfOthers;
  if (S_ISREG(status.st_mode) || (kind.waits && kind.reopens)) {
    kind.file = {status.st_dev, status.st_ino};
  }
  return {};
}

Result OpenAgain(Handle h) noexcept {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", h);
  const int again = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (again < 0) return Failed(errno);
  return {again};
}

Result Duplicate(Handle h) noexcept {
  const int another = fcntl(h, F_DUPFD_CLOEXEC, 0);
  if (another < 0) return Failed(errno);
  return {another};
}

bool EndsWithNothing(Handle h) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(h, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

Result SpliceToFile(Handle pipe, Handle file, uint64_t* offset, size_t size) noexcept {
  if (!FitsOffset(offset)) return {0, Errc::kInvalid, EINVAL};
  auto* at = reinterpret_cast<off_t*>(offset);
  static_assert(sizeof(off_t) == sizeof(uint64_t));
  return Once([&] {
    return splice(pipe, nullptr, file, at, std::min(size, kMostBytes),
                  SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  });
}

Result SpliceOnce(Handle pipe, Handle file, size_t size) noexcept {
  const ssize_t n = splice(pipe, nullptr, file, nullptr, std::min(size, kMostBytes),
                           SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n >= 0) return {n};
  return errno == EINTR ? Result{0, Errc::kOther, EINTR} : Failed(errno);
}

Result WriteToFile(std::span<const std::byte> bytes, Handle file, uint64_t* offset) noexcept {
  if (!FitsOffset(offset)) return {0, Errc::kInvalid, EINVAL};
  const size_t size = std::min(bytes.size(), kMostBytes);
  const Result r = Once([&] {
    return offset == nullptr ? write(file, bytes.data(), size)
                             : pwrite(file, bytes.data(), size, static_cast<off_t>(*offset));
  });
  if (offset != nullptr) *offset += static_cast<uint64_t>(r.n);
  return r;
}

Result ReadPipe(Handle pipe, std::span<std::byte> to) noexcept {
  return Once([&] { return read(pipe, to.data(), to.size()); });
}

bool NoSplice(const Result& r) noexcept {
  return r.os == EINVAL || r.os == ENOSYS || r.os == EOPNOTSUPP || r.os == EPERM ||
         r.err == Errc::kUnsupported;
}

bool WouldBlock(const Result& r) noexcept {
  return r.os == EAGAIN || r.os == EWOULDBLOCK;
}

}  // namespace tare::io::splice_write_to
