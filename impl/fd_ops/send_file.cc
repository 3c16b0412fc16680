// SPDX-License-Identifier: Apache-2.0
// The system calls of the scenario that sends files.
#include "impl/fd_ops/send_file.h"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "impl/base/blocking.h"

namespace tare::io::fd_ops {
namespace {

Result Failed(int error) noexcept {
  return {0, FromErrno(error), error};
}

}  // namespace

Result Dropper::Take(bool must_come) noexcept {
  const int how = must_come ? 0 : MSG_DONTWAIT;
  constexpr size_t kAll = size_t{1} << 30;
  const ssize_t n = kept_.empty() ? recv(handle_, nullptr, kAll, MSG_TRUNC | how)
                                  : recv(handle_, kept_.data() + got_, kept_.size() - got_, how);
  if (n < 0) return errno == EAGAIN ? Result{} : Failed(errno);
  if (n == 0) return {0, Errc::kEof, 0};
  got_ += static_cast<uint64_t>(n);
  return {n};
}

Result SendFileFloor::Open(const Pair& pair, Handle file, uint64_t size) noexcept {
  handle_ = pair.client;
  receiver_.Open(pair.server);
  file_ = file;
  size_ = size;
  return SetBlocking(handle_, false);
}

Result SendFileFloor::Trip() noexcept {
  receiver_.Begin();
  off_t offset = 0;
  while (receiver_.got() < size_) {
    const uint64_t left = size_ - static_cast<uint64_t>(offset);
    if (left > 0) {
      const ssize_t n = sendfile(handle_, file_, &offset, static_cast<size_t>(left));
      if (n == 0) return {0, Errc::kEof, 0};
      if (n < 0 && errno != EAGAIN) return Failed(errno);
    }
    if (static_cast<uint64_t>(offset) > receiver_.got()) {
      if (const Result r = receiver_.Take(true); !r.ok()) return r;
    } else {  // all was taken, and the socket has not been told yet
      pollfd room = {handle_, POLLOUT, 0};
      (void)poll(&room, 1, -1);
    }
  }
  return {};
}

Result ReadAt(Handle file, uint64_t offset, std::span<std::byte> to) noexcept {
  const ssize_t n = pread(file, to.data(), to.size(), static_cast<off_t>(offset));
  return n < 0 ? Failed(errno) : Result{n};
}

}  // namespace tare::io::fd_ops
