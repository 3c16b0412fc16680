// SPDX-License-Identifier: Apache-2.0
// The kinds of operations that need more than one buffer, begun on the ends of the test bed.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "impl/base/socket.h"
#include "suites/backend/bed.h"
#include "suites/backend/check.h"

namespace tare::io::contract {

// An op in the direction of `kind`, which is the end's own and settles with it.
template <Backend B>
Call<B>& CallOf(Endpoint<B>& end, Op::Kind kind, std::byte* data, size_t size) {
  Call<B>& call = DirectionOf(kind) == Direction::kIn ? end.in : end.out;
  call.kind = kind;
  call.data = data;
  call.size = size;
  return call;
}

// What a message's room holds before the backend writes there must not matter.
template <Backend B>
void StartWith(Endpoint<B>& end, Call<B>& call, Message& message) {
  std::memset(message.room, 0xff, sizeof message.room);
  call.message = &message;
  end.StartAlso(call);
}

template <Backend B>
void RecvFrom(Endpoint<B>& end, std::span<std::byte> to, Message& message) {
  StartWith(end, CallOf(end, Op::Kind::kRecvFrom, to.data(), to.size()), message);
}
template <Backend B>
void SendTo(Endpoint<B>& end, std::span<const std::byte> from, Message& message) {
  auto* data = const_cast<std::byte*>(from.data());
  StartWith(end, CallOf(end, Op::Kind::kSendTo, data, from.size()), message);
}
// `count` of message.pieces.
template <Backend B>
void Readv(Endpoint<B>& end, Message& message, size_t count) {
  StartWith(end, CallOf(end, Op::Kind::kReadv, nullptr, count), message);
}
template <Backend B>
void Writev(Endpoint<B>& end, Message& message, size_t count) {
  StartWith(end, CallOf(end, Op::Kind::kWritev, nullptr, count), message);
}

// An op of any kind that moves bytes between `bytes` (or `count` of message.pieces) and the socket.
template <Backend B>
void StartMove(Endpoint<B>& end, Op::Kind kind, std::span<std::byte> bytes, Message& message,
               size_t count) {
  switch (kind) {
    case Op::Kind::kRecv:
      return end.Recv(bytes);
    case Op::Kind::kReadv:
      return Readv(end, message, count);
    case Op::Kind::kRecvFrom:
      return RecvFrom(end, bytes, message);
    case Op::Kind::kSend:
      return end.Send(bytes);
    case Op::Kind::kWritev:
      return Writev(end, message, count);
    case Op::Kind::kSendTo:
      return SendTo(end, bytes, message);
    default:
      throw std::invalid_argument("an op that moves no bytes of its own");
  }
}

template <Backend B>
void SpliceIn(Endpoint<B>& end, Splice& splice, size_t size) {
  Call<B>& call = CallOf(end, Op::Kind::kSpliceIn, nullptr, size);
  call.splice = &splice;
  end.StartAlso(call);
}
template <Backend B>
void SpliceOut(Endpoint<B>& end, Splice& splice, size_t size) {
  Call<B>& call = CallOf(end, Op::Kind::kSpliceOut, nullptr, size);
  call.splice = &splice;
  end.StartAlso(call);
}

// `Op::size` must not matter.
template <Backend B>
void SendFile(Endpoint<B>& end, FilePart& part) {
  Call<B>& call = CallOf(end, Op::Kind::kSendFile, nullptr, 1);
  call.part = &part;
  end.StartAlso(call);
}

// The streams that splices and files move over.
inline constexpr Transport kStreams[] = {Transport::kTcp4, Transport::kUnix};

// What a check says of a fault, where the backend has what is checked.
inline std::string WordsIf(bool has, const char* words) {
  return has ? words : "";
}

// Sends three times to a peer that is gone, by `start()`: "" or what an error lacks. SG-01: the
// signal that comes with it does not kill; the shield is the loop's.
template <Backend B, class Start>
std::string FailsForADeadPeer(Endpoint<B>& end, Start start) {
  bool failed = false;
  for (int i = 0; i < 3; ++i) {
    if (!end.out.pending()) start();
    MUST(end.bed().PollUntilEnded(end.out));
    const Result r = end.out.result;
    failed = !r.ok();
    MUST(r.ok() || r.err == Errc::kReset || r.err == Errc::kShutdown);
    MUST(r.ok() || r.os != 0);
  }
  MUST(failed);
  return "";
}

template <Backend B>
void ReceiveMany(Endpoint<B>& end, RecvMany& many) {
  Call<B>& call = CallOf(end, Op::Kind::kRecvMany, nullptr, 0);
  call.many = &many;
  end.StartAlso(call);
}

inline Pair NewPair(Transport transport) {
  Pair pair;
  const Result r = Pairs(transport, {&pair, 1});
  if (!r.ok()) throw std::runtime_error("no connection: " + std::string(Name(r.err)));
  return pair;
}

// A datagram socket with an address and no peer.
template <Backend B>
struct Bound {
  Bound(Bed<B>& bed, Transport transport)
      : at(Loopback(transport)), end(bed, OwnedHandle(Bind(transport, at))) {}

  Address at;
  Endpoint<B> end;
};

// Bytes cut into pieces of the sizes given, in order.
class Pieces {
 public:
  Pieces(std::span<std::byte> bytes, std::span<const size_t> sizes) {
    for (const size_t size : sizes) {
      all_.push_back({bytes.data(), size});
      bytes = bytes.subspan(size);
    }
    message.pieces = all_.data();
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  size_t count() const { return all_.size(); }

  Message message;

 private:
  std::vector<Piece> all_;
};

// Two sockets that can send to each other, and what their messages need.
template <Backend B>
struct Post {
  Post(Bed<B>& bed, Transport transport) : sender(bed, transport), receiver(bed, transport) {
    to.peer = &receiver.at;
    from.peer = &who;
  }

  bool Send(std::span<const std::byte> bytes) {
    SendTo(sender.end, bytes, to);
    return sender.end.bed().PollUntilEnded(sender.end.out) && sender.end.out.result.ok() &&
           sender.end.out.result.n == static_cast<int64_t>(bytes.size());
  }
  // Ended with a datagram of so many bytes?
  bool Received(size_t size) {
    const Call<B>& in = receiver.end.in;
    return receiver.end.bed().PollUntilEnded(in) && in.result.ok() &&
           in.result.n == static_cast<int64_t>(size);
  }

  Bound<B> sender, receiver;
  Address who;
  Message to, from;
};

}  // namespace tare::io::contract
