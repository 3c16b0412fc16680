// SPDX-License-Identifier: Apache-2.0
// The system calls of the floor of datagrams.
#include "impl/fd_ops/datagram.h"

#include <sys/socket.h>

#include <cerrno>

namespace tare::io::fd_ops {
namespace {

Result Failed() noexcept {
  return {0, FromErrno(errno), errno};
}

ssize_t Send(Handle h, const std::byte* data, size_t size, const Address& to) noexcept {
  return sendto(h, data, size, MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(to.bytes), to.size);
}

ssize_t Recv(Handle h, std::byte* data, size_t size, Address& from) noexcept {
  socklen_t room = Address::kRoom;
  const ssize_t n = recvfrom(h, data, size, 0, reinterpret_cast<sockaddr*>(from.bytes), &room);
  from.size = room;
  return n;
}

}  // namespace

Result DatagramFloor::Open(std::span<const Pair> pairs, const Exchange& exchange) {
  ends_.Open(pairs, exchange);
  for (const Pair& pair : pairs) servers_.push_back(LocalAddress(pair.server));
  return {};
}

Result DatagramFloor::Trip() noexcept {
  Address from;
  for (size_t i = 0; i < ends_.pairs.size(); ++i) {
    if (Send(ends_.pairs[i].client, ends_.Message(i), ends_.exchange.size, servers_[i]) < 0) {
      return Failed();
    }
  }
  for (size_t i = 0; i < ends_.pairs.size(); ++i) {
    const Handle server = ends_.pairs[i].server;
    const ssize_t n = Recv(server, ends_.ServerBuffer(i), ends_.exchange.buf, from);
    if (n < 0 || Send(server, ends_.ServerBuffer(i), static_cast<size_t>(n), from) < 0)
      return Failed();
  }
  for (size_t i = 0; i < ends_.pairs.size(); ++i) {
    const ssize_t n = Recv(ends_.pairs[i].client, ends_.ClientBuffer(i), ends_.exchange.buf, from);
    if (n < 0) return Failed();
    ends_.received[i] = static_cast<size_t>(n);
  }
  return {};
}

}  // namespace tare::io::fd_ops
