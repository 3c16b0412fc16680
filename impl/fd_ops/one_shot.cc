// SPDX-License-Identifier: Apache-2.0
// The system calls of the floor that dials.
#include "impl/fd_ops/one_shot.h"

#include <sys/socket.h>

#include <cerrno>

namespace tare::io::fd_ops {
namespace {

Result Failed(ssize_t n) noexcept {
  if (n == 0) return {0, Errc::kEof, 0};
  return {0, FromErrno(errno), errno};
}

Result SendAll(Handle to, const std::byte* data, size_t size) noexcept {
  while (size > 0) {
    const ssize_t n = send(to, data, size, MSG_NOSIGNAL);
    if (n <= 0) return Failed(n);
    data += n;
    size -= static_cast<size_t>(n);
  }
  return {};
}

Result RecvAll(Handle from, std::byte* data, size_t size, size_t room) noexcept {
  size_t got = 0;
  while (got < size) {
    const ssize_t n = recv(from, data + got, room - got, 0);
    if (n <= 0) return Failed(n);
    got += static_cast<size_t>(n);
  }
  return {static_cast<int64_t>(got)};
}

}  // namespace

Result NewClient(Transport transport, bool blocking) noexcept {
  const Result made = NewSocket(transport, blocking);
  if (!made.ok() || transport == Transport::kUnix) return made;
  const Result set = ResetOnClose(static_cast<Handle>(made.n));
  if (set.ok()) return made;
  (void)CloseHandle(static_cast<Handle>(made.n));
  return set;
}

Result OneShotFloor::Open(Transport transport, const Exchange& exchange) {
  transport_ = transport;
  at_ = Loopback(transport);
  const Result listening = Listen(transport, at_, std::max(128, exchange.active));
  if (!listening.ok()) return listening;
  listener_ = static_cast<Handle>(listening.n);
  ends_.Open(std::vector<Pair>(static_cast<size_t>(exchange.active)), exchange);
  return {};
}

Result OneShotFloor::Trip() noexcept {
  const Result r = Exchanged();
  for (Pair& pair : ends_.pairs) {
    if (pair.client != kNoHandle) (void)CloseHandle(std::exchange(pair.client, kNoHandle));
  }
  CloseAll(ends_.pairs);
  return r;
}

Result OneShotFloor::Exchanged() noexcept {
  const size_t size = ends_.exchange.size;
  for (size_t i = 0; i < ends_.pairs.size(); ++i) {
    const Result made = NewClient(transport_, /*blocking=*/true);
    if (!made.ok()) return made;
    const Handle client = ends_.pairs[i].client = static_cast<Handle>(made.n);
    if (connect(client, reinterpret_cast<const sockaddr*>(at_.bytes), at_.size) < 0) {
      return Failed(-1);
    }
    if (const Result sent = SendAll(client, ends_.Message(i), size); !sent.ok()) return sent;
  }
  for (size_t i = 0; i < ends_.pairs.size(); ++i) {
    const Handle server = ends_.pairs[i].server =
        accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (server < 0) return Failed(-1);
    const Result got = RecvAll(server, ends_.ServerBuffer(i), size, ends_.exchange.buf);
    if (!got.ok()) return got;
    const Result sent = SendAll(server, ends_.ServerBuffer(i), static_cast<size_t>(got.n));
    if (!sent.ok()) return sent;
  }
  for (size_t i = 0; i < ends_.pairs.size(); ++i) {
    const Result got =
        RecvAll(ends_.pairs[i].client, ends_.ClientBuffer(i), size, ends_.exchange.buf);
    if (!got.ok()) return got;
    ends_.received[i] = static_cast<size_t>(got.n);
  }
  return {};
}

void OneShotFloor::Close() noexcept {
  ends_.Close();
  if (listener_ != kNoHandle) (void)CloseHandle(std::exchange(listener_, kNoHandle));
}

}  // namespace tare::io::fd_ops
