// SPDX-License-Identifier: Apache-2.0
// Perform on POSIX systems: the only switch on Op::Kind there.
#include "impl/base/perform.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "impl/base/check.h"
#include "impl/base/signals.h"
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
    int made = connect(op.handle, to, op.peer->size);
    // Once, of an attempt that the caller had made and that failed, before there was a port.
    if (made < 0 && errno == ECONNABORTED) made = connect(op.handle, to, op.peer->size);
    if (made == 0) {
      op.result = {};
      return true;
    }
    // A full backlog of a Unix socket: nothing has begun that could be waited for, and would-block
    // does not come out.
    if (errno == EAGAIN) {
      op.result = {0, Errc::kResource, 0};
      return true;
    }
    // Interrupted or not, from here on it is under way.
    return errno != EINPROGRESS && errno != EINTR && EndUnlessBlocked(op, errno);
  }
  // Only a connected socket has a peer.
  if (RemoteAddress(op.handle).size != 0) {
    op.result = {};
    return true;
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(op.handle, SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
  // No error means "not yet". Or a receive on the same socket was told why there is no connection,
  // which is told once: then the socket has hung up.
  if (error == 0) {
    pollfd tried = {op.handle, POLLOUT, 0};
    if (poll(&tried, 1, 0) <= 0 || (tried.revents & (POLLHUP | POLLERR)) == 0) return false;
    error = ENOTCONN;
  }
  op.result = {0, FromErrno(error), error};
  Disconnect(op.handle);
  return true;
}

// Move, after a call that failed. Out of the way of those that succeed, which then need no frame.
template <class Call>
[[gnu::noinline]] bool MoveAfterFailure(Op& op, Call call) noexcept {
  while (errno == EINTR) {
    const ssize_t n = call();
    if (n >= 0) {
      op.result = {n};
      return true;
    }
  }
  return EndUnlessBlocked(op, errno);
}

// Makes one call that moves bytes, again if interrupted.
template <class Call>
bool Move(Op& op, Call call) noexcept {
  const ssize_t n = call();
  if (n < 0) [[unlikely]]
    return MoveAfterFailure(op, call);
  op.result = {n};
  return true;
}

bool Recv(Op& op) noexcept {
  return Move(op, [&] { return recv(op.handle, op.data, Clamp(op.size), 0); });
}

bool Send(Op& op) noexcept {
  return Move(op, [&] { return send(op.handle, op.data, Clamp(op.size), MSG_NOSIGNAL); });
}

// Not readv and writev: those cannot be told to spare us SIGPIPE.
msghdr Header(const Op& op) noexcept {
  static_assert(sizeof(Piece) == sizeof(iovec));
  msghdr header = {};
  header.msg_iov = const_cast<iovec*>(reinterpret_cast<const iovec*>(op.message->pieces));
  header.msg_iovlen = std::min(op.size, kMostPieces);
  return header;
}

bool Readv(Op& op) noexcept {
  msghdr header = Header(op);
  return Move(op, [&] { return recvmsg(op.handle, &header, 0); });
}

bool Writev(Op& op) noexcept {
  const msghdr header = Header(op);
  return Move(op, [&] { return sendmsg(op.handle, &header, MSG_NOSIGNAL); });
}

bool RecvFrom(Op& op) noexcept {
  Address* peer = op.message->peer;
  socklen_t size = Address::kRoom;
  auto* raw = peer != nullptr ? reinterpret_cast<sockaddr*>(peer->bytes) : nullptr;
  const bool ended = Move(op, [&] {
    return recvfrom(op.handle, op.data, Clamp(op.size), 0, raw, raw != nullptr ? &size : nullptr);
  });
  if (ended && op.result.ok() && peer != nullptr) peer->size = size;
  return ended;
}

bool SendTo(Op& op) noexcept {
  const Address* peer = op.message->peer;
  const auto* raw = peer != nullptr ? reinterpret_cast<const sockaddr*>(peer->bytes) : nullptr;
  const auto call = [&] {
    return sendto(op.handle, op.data, Clamp(op.size), MSG_NOSIGNAL, raw,
                  peer != nullptr ? peer->size : 0);
  };
  if (Move(op, call)) return true;
  // Would-block is about the room of this socket or, between Unix sockets, about the receiver's
  // queue. The system tells when there is room here, and of a connected socket when there is in its
  // peer's queue too. Of any other queue nobody tells.
  if (raw == nullptr || raw->sa_family != AF_UNIX) return false;
  const Address connected = RemoteAddress(op.handle);
  if (connected.size != 0) {
    if (connected.size == peer->size &&
        std::equal(peer->bytes, peer->bytes + peer->size, connected.bytes)) {
      return false;
    }
  } else {
    pollfd ready = {op.handle, POLLOUT, 0};
    if (poll(&ready, 1, 0) == 0) return false;
  }
  // Since nobody else sends here, there is room here.
  if (Move(op, call)) return true;
  op.result = {0, Errc::kResource, 0};
  return true;
}

// Ends an op whose other end, beside the port, is without room or without bytes.
bool EndForLackBeside(Op& op) noexcept {
  op.result = {0, Errc::kResource, 0};
  return true;
}

// Move for those calls that cannot be told to spare us signals.
template <class Call>
bool MoveShielded(Op& op, Call call) noexcept {
  const bool ended = Move(op, call);
  if (ended) TakeBackSignal(op.result.os);
  return ended;
}

// Would-block from a splice may be about either end. The port can be waited for; a pipe without
// room, or without bytes, is the starter's to mend; would-block does not come out.
bool SpliceBetween(Op& op, Handle from, Handle to, short pipe_ready) noexcept {
  const auto call = [&] {
    return splice(from, nullptr, to, nullptr, Clamp(op.size), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  };
  if (MoveShielded(op, call)) return true;
  const bool in = op.kind == Op::Kind::kSpliceIn;
  pollfd ends[2] = {{op.splice->pipe, pipe_ready, 0}, {op.handle, POLLIN, 0}};
  poll(ends, in ? 2 : 1, 0);
  if (ends[0].revents == 0) return EndForLackBeside(op);
  if (!in || ends[1].revents == 0) return false;
  // What has come meanwhile is there now. If it still would block the system does not splice from
  // this port, and has said so at the end of a stream (Linux before 4.19), or here and there.
  if (MoveShielded(op, call)) return true;
  op.result = {0, Errc::kUnsupported, 0};
  return true;
}

// Nearly every file is always ready; those of devices and of file systems in user space may not be.
bool SendFile(Op& op) noexcept {
  static_assert(sizeof(off_t) == sizeof(int64_t));
  const FilePart& part = *op.part;
  if (part.offset > INT64_MAX) {
    op.result = {0, Errc::kInvalid, 0};
    return true;
  }
  const bool ended = MoveShielded(op, [&] {
    off_t offset = static_cast<off_t>(part.offset);  // the system moves it
    return sendfile(op.handle, part.file, &offset,
                    static_cast<size_t>(std::min<uint64_t>(part.size, kMostBytes)));
  });
  if (ended) return true;
  pollfd beside = {part.file, POLLIN, 0};
  return poll(&beside, 1, 0) == 0 && EndForLackBeside(op);
}

// Those that need room on the stack. Apart, for what Perform's frame costs, every call pays.
[[gnu::noinline]] bool PerformAnother(Op& op, Attempt attempt) noexcept {
  switch (op.kind) {
    case Op::Kind::kRecv:
    case Op::Kind::kSend:
      break;
    case Op::Kind::kAccept:
      return Accept(op);
    case Op::Kind::kConnect:
      return Connect(op, attempt);
    case Op::Kind::kReadv:
      return Readv(op);
    case Op::Kind::kWritev:
      return Writev(op);
    case Op::Kind::kRecvFrom:
      return RecvFrom(op);
    case Op::Kind::kSendTo:
      return SendTo(op);
    case Op::Kind::kSpliceIn:
      return SpliceBetween(op, op.handle, op.splice->pipe, POLLOUT);
    case Op::Kind::kSpliceOut:
      return SpliceBetween(op, op.splice->pipe, op.handle, POLLIN);
    case Op::Kind::kSendFile:
      return SendFile(op);
    case Op::Kind::kRecvMany:
      op.result = {0, Errc::kUnsupported, 0};
      return true;
  }
  CheckFailed("a known Op::Kind", __FILE__, __LINE__);
}

}  // namespace

// Linux keeps a failed attempt until somebody asks: a connect that follows ends with its memory
// (ECONNABORTED), and a receive with an end of stream.
void Disconnect(Handle h) noexcept {
  sockaddr none = {};
  none.sa_family = AF_UNSPEC;
  (void)connect(h, &none, sizeof none);  // Unix sockets refuse it, and keep nothing
  int error = 0;                         // of an attempt that was under way it leaves ECONNRESET
  socklen_t size = sizeof error;
  (void)getsockopt(h, SOL_SOCKET, SO_ERROR, &error, &size);
}

bool Perform(Op& op, Attempt attempt) noexcept {
  if (op.kind == Op::Kind::kRecv) return Recv(op);
  if (op.kind == Op::Kind::kSend) return Send(op);
  return PerformAnother(op, attempt);
}

}  // namespace tare::io
