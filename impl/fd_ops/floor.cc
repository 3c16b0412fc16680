// SPDX-License-Identifier: Apache-2.0
// The floor's system calls.
#include "impl/fd_ops/floor.h"

#include <sys/socket.h>

#include <cerrno>

namespace tare::io::fd_ops {
namespace {

Result Failed(ssize_t n) noexcept {
  if (n == 0) return {0, Errc::kEof, 0};
  return {0, FromErrno(errno), errno};
}

}  // namespace

Result Floor::Trip() noexcept {
  const size_t active = static_cast<size_t>(ends_.exchange.active);
  const size_t size = ends_.exchange.size;
  const size_t buf = ends_.exchange.buf;
  for (size_t i = 0; i < active; ++i) {
    const ssize_t n = send(ends_.pairs[i].client, ends_.Message(i), size, MSG_NOSIGNAL);
    if (n <= 0) return Failed(n);
  }
  for (size_t i = 0; i < active; ++i) {
    for (size_t got = 0; got < size;) {
      const ssize_t n = recv(ends_.pairs[i].server, ends_.ServerBuffer(i), buf, 0);
      if (n <= 0) return Failed(n);
      got += static_cast<size_t>(n);
      if (send(ends_.pairs[i].server, ends_.ServerBuffer(i), static_cast<size_t>(n), MSG_NOSIGNAL) <
          n)
        return Failed(-1);
    }
  }
  for (size_t i = 0; i < active; ++i) {
    size_t& got = ends_.received[i];
    for (got = 0; got < size;) {
      const ssize_t n = recv(ends_.pairs[i].client, ends_.ClientBuffer(i) + got, buf - got, 0);
      if (n <= 0) return Failed(n);
      got += static_cast<size_t>(n);
    }
  }
  return {};
}

}  // namespace tare::io::fd_ops
