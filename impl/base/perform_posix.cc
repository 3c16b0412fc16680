// SPDX-License-Identifier: Apache-2.0
// Perform on POSIX systems: the only switch on Op::Kind there.
#include "impl/base/perform.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "impl/base/check.h"
#include "impl/base/socket.h"

namespace tare::io {
namespace {

// Linux moves at most this much in one call; asking for more than SSIZE_MAX is undefined elsewhere.
constexpr size_t kMostBytes = 0x7ffff000;

size_t Clamp(size_t size) noexcept {
  return std::min(size, kMostBytes);
}

// Whether a call that failed with `error` is one to wait for. Ends the op otherwise.
bool EndUnlessBlocked(Op& op, int error) noexcept {
  if (error == EAGAIN || error == EWOULDBLOCK) return false;
  op.result = {0, FromErrno(error), error};
  return true;
}

bool Accept(Op& op) noexcept {
  for (;;) {
    socklen_t size = Address::kRoom;
    auto* peer = op.peer != nullptr ? reinterpret_cast<sockaddr*>(op.peer->bytes) : nullptr;
    const int handle =
        accept4(op.handle, peer, peer != nullptr ? &size : nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (handle >= 0) {
      if (op.peer != nullptr) op.peer->size = size;
      op.result = {handle};
      return true;
    }
    // A connection that its dialler gave up while it was in line is nobody's error: take the next.
    if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO)
      return EndUnlessBlocked(op, errno);
  }
}

bool Connect(Op& op, Attempt attempt) noexcept {
  if (attempt == Attempt::kFirst) {
    const auto* to = reinterpret_cast<const sockaddr*>(op.peer->bytes);
    if (connect(op.handle, to, op.peer->size) == 0) {
      op.result = {};
      return true;
    }
    // Interrupted or not, from here on it is under way.
    return errno != EINPROGRESS && errno != EINTR && EndUnlessBlocked(op, errno);
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(op.handle, SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
  // "No error" may also mean "not yet": only a connected socket has a peer.
  if (error == 0 && RemoteAddress(op.handle).size == 0) return false;
  op.result = {0, FromErrno(error), error};
  return true;
}

bool Recv(Op& op) noexcept {
  // Asked for nothing, some systems still wait for something.
  if (op.size == 0) {
    op.result = {};
    return true;
  }
  for (;;) {
    const ssize_t n = recv(op.handle, op.data, Clamp(op.size), 0);
    if (n >= 0) {
      op.result = {n};
      return true;
    }
    if (errno != EINTR) return EndUnlessBlocked(op, errno);
  }
}

bool Send(Op& op) noexcept {
  if (op.size == 0) {
    op.result = {};
    return true;
  }
  for (;;) {
    const ssize_t n = send(op.handle, op.data, Clamp(op.size), MSG_NOSIGNAL);
    if (n >= 0) {
      op.result = {n};
      return true;
    }
    if (errno != EINTR) return EndUnlessBlocked(op, errno);
  }
}

}  // namespace

bool Perform(Op& op, Attempt attempt) noexcept {
  switch (op.kind) {
    case Op::Kind::kAccept:
      return Accept(op);
    case Op::Kind::kConnect:
      return Connect(op, attempt);
    case Op::Kind::kRecv:
      return Recv(op);
    case Op::Kind::kSend:
      return Send(op);
  }
  CheckFailed("a known Op::Kind", __FILE__, __LINE__);
}

}  // namespace tare::io
