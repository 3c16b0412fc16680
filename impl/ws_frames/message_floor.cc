// SPDX-License-Identifier: Apache-2.0
// The message floor's system calls.
#include "impl/ws_frames/message_floor.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "impl/ws_frames/unmask.h"

namespace tare::io::ws_frames {
namespace {

constexpr size_t kPiece = 128 << 10;  // bytes; of more at a time caches keep less for the receiver
constexpr uint32_t kKey = 0x9e3779b9;

}  // namespace

Result MessageFloor::Open(const Pair& pair, size_t size) {
  pair_ = pair;
  message_.resize(size);
  wire_.resize(size + kMostHeader);
  received_.resize(size + kMostHeader);
  return {};
}

Result MessageFloor::Move(Handle from, const std::byte* bytes, Handle to, std::byte* room,
                          size_t size) {
  for (size_t sent = 0, got = 0; got < size;) {
    if (sent < size && sent == got) {
      // What the socket does not take now it takes when this has been received.
      const size_t most = std::min(size - sent, kPiece);
      const ssize_t n = send(from, bytes + sent, most, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno == EAGAIN) {
        pollfd acknowledged{from, POLLOUT, 0};  // everything was received: that is all it can lack
        (void)poll(&acknowledged, 1, -1);
        continue;
      }
      if (n <= 0) return {0, FromErrno(errno), errno};
      sent += static_cast<size_t>(n);
    }
    const ssize_t n = recv(to, room + got, size - got, 0);
    if (n <= 0) return {0, n == 0 ? Errc::kEof : FromErrno(errno), n == 0 ? 0 : errno};
    got += static_cast<size_t>(n);
  }
  return {};
}

Result MessageFloor::Trip() noexcept {
  const size_t size = message_.size();
  const size_t header = EncodeHeader(wire_.data(), Opcode::kBinary, true, size, kKey);
  Unmask(wire_.data() + header, message_.data(), size, kKey);
  Result r = Move(pair_.client, wire_.data(), pair_.server, received_.data(), header + size);
  if (!r.ok()) return r;
  Header there;
  const std::byte* const payload = DecodeHeader(received_.data(), there);
  const size_t plain = EncodeHeader(wire_.data(), Opcode::kBinary, true, there.length, 0);
  Unmask(wire_.data() + plain, payload, there.length, there.key);
  r = Move(pair_.server, wire_.data(), pair_.client, received_.data(), plain + size);
  at_ = plain;
  return r;
}

}  // namespace tare::io::ws_frames
