// SPDX-License-Identifier: Apache-2.0
// Sentence 17 of the contract of a backend: datagrams, whole, with their addresses.
#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(DatagramTest);

constexpr Transport kDatagrams[] = {Transport::kUdp4, Transport::kUnixgram};

CONTRACT(DatagramTest, S17_ADatagramComesWholeWithItsSender) {
  Bed<B> bed;
  std::vector<std::byte> buffer(65'536);
  for (const Transport transport : kDatagrams) {
    Post<B> post(bed, transport);
    for (const size_t size : {0, 1, 512, 65'507}) {
      for (const bool waits : {true, false}) {
        const auto bytes = Pattern(size, size);
        post.who = {};
        if (waits) {
          RecvFrom(post.receiver.end, buffer, post.from);
          bed.PollInVain();
          MUST(post.receiver.end.in.pending());
        }
        MUST(post.Send(bytes));
        if (!waits) RecvFrom(post.receiver.end, buffer, post.from);
        MUST(post.Received(size));
        MUST(IsPattern({buffer.data(), size}, size));
        MUST(ToString(post.who) == ToString(post.sender.at));
      }
    }
  }
  return bed.verdict();
}

// What the published original did to datagrams of no bytes: it took them for nothing.
template <class B>
class DropsEmptyDatagrams : public Forward<B> {
  using Inner = typename Forward<B>::Inner;

  void StartInner(typename B::Port& port, Inner& inner) noexcept override {
    if (DirectionOf(inner.kind) == Direction::kIn) {
      port_ = &port;
      inner_ = &inner;
    }
    this->real().Start(port, inner);
  }
  void End(Op& op) noexcept override {
    const bool in = DirectionOf(op.kind) == Direction::kIn;
    if (in && op.result.ok() && op.result.n == 0) return this->real().Start(*port_, *inner_);
    Forward<B>::End(op);
  }
  typename B::Port* port_ = nullptr;
  Inner* inner_ = nullptr;
};
CATCHES(DatagramTest, S17_ADatagramComesWholeWithItsSender, DropsEmptyDatagrams,
        "post.Received(size)")

template <class B>
class ForgetsTheSender : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kRecvFrom && op.message->peer != nullptr) *op.message->peer = {};
    Forward<B>::End(op);
  }
};
CATCHES(DatagramTest, S17_ADatagramComesWholeWithItsSender, ForgetsTheSender,
        "ToString(post.who) == ToString(post.sender.at)")

// A receive of each form that takes datagrams.
constexpr Op::Kind kForms[] = {Op::Kind::kRecv, Op::Kind::kReadv, Op::Kind::kRecvFrom};

template <class B>
void StartForm(Op::Kind form, Post<B>& post, std::span<std::byte> to, Pieces& pieces) {
  switch (form) {
    case Op::Kind::kRecv:
      return post.receiver.end.Recv(to);
    case Op::Kind::kReadv:
      return Readv(post.receiver.end, pieces.message, pieces.count());
    default:
      return RecvFrom(post.receiver.end, to, post.from);
  }
}

CONTRACT(DatagramTest, S17_AShortBufferCutsAndTheNextIsWhole) {
  Bed<B> bed;
  std::array<std::byte, 100> buffer;
  const size_t sizes[] = {4, 0, 6};
  for (const Transport transport : kDatagrams) {
    Post<B> post(bed, transport);
    for (const Op::Kind form : kForms) {
      for (const bool waits : {true, false}) {
        buffer.fill(std::byte{0xa5});
        Pieces pieces(buffer, sizes);
        if (waits) StartForm(form, post, std::span(buffer).first(10), pieces);
        MUST(post.Send(Pattern(50)));
        MUST(post.Send(Pattern(60, 50)));
        if (!waits) StartForm(form, post, std::span(buffer).first(10), pieces);
        MUST(post.Received(10));
        MUST(IsPattern({buffer.data(), 10}, 0));
        for (const std::byte b : std::span(buffer).subspan(10)) MUST(b == std::byte{0xa5});
        // Of the 50 bytes nothing is left, and nothing says to the next receive that it was cut.
        RecvFrom(post.receiver.end, buffer, post.from);
        MUST(post.Received(60));
        MUST(IsPattern({buffer.data(), 60}, 50));
      }
    }
  }
  return bed.verdict();
}

// A system that hands out the rest of a datagram as if it were a stream.
template <class B>
class TellsTheFullLength : public Forward<B> {
  void End(Op& op) noexcept override {
    if (DirectionOf(op.kind) == Direction::kIn && op.result.n == 10) op.result.n = 50;
    Forward<B>::End(op);
  }
};
CATCHES(DatagramTest, S17_AShortBufferCutsAndTheNextIsWhole, TellsTheFullLength,
        "post.Received(10)")

CONTRACT(DatagramTest, S17_AnEmptyOneIsReceivedInEveryForm) {
  Bed<B> bed;
  std::array<std::byte, 100> buffer;
  const size_t sizes[] = {100};
  for (const Transport transport : kDatagrams) {
    Post<B> post(bed, transport);
    for (const Op::Kind form : kForms) {
      Pieces pieces(buffer, sizes);
      MUST(post.Send({}));
      MUST(post.Send(Pattern(3)));
      StartForm(form, post, buffer, pieces);
      MUST(post.Received(0));
      StartForm(form, post, buffer, pieces);
      MUST(post.Received(3));
    }
  }
  return bed.verdict();
}
CATCHES(DatagramTest, S17_AnEmptyOneIsReceivedInEveryForm, DropsEmptyDatagrams, "post.Received(0)")

CONTRACT(DatagramTest, S17_AnEmptyBufferTakesOne) {
  Bed<B> bed;
  for (const Transport transport : kDatagrams) {
    Post<B> post(bed, transport);
    std::array<std::byte, 100> buffer;
    for (const Op::Kind form : kForms) {
      Pieces none({}, {});
      StartForm(form, post, {}, none);
      bed.PollInVain();
      MUST(post.receiver.end.in.pending());
      MUST(post.Send(Pattern(50)));
      MUST(post.Received(0));
      MUST(post.Send(Pattern(60, 50)));
      post.receiver.end.Recv(buffer);
      MUST(post.Received(60));
    }
  }
  return bed.verdict();
}

CONTRACT(DatagramTest, S17_TooLongIsAnErrorAndTheSocketIsUsable) {
  Bed<B> bed;
  std::vector<std::byte> buffer(1000);
  const auto much = Pattern(16 << 20);
  for (const Transport transport : kDatagrams) {
    Post<B> post(bed, transport);
    Call<B>& out = post.sender.end.out;
    for (int round = 0; round < 3; ++round) {
      SendTo(post.sender.end, much, post.to);
      MUST(bed.PollUntilEnded(out));
      MUST(out.result.err == Errc::kInvalid);
      MUST(out.result.os == EMSGSIZE);
      MUST(out.result.n == 0);
      MUST(post.Send(Pattern(100)));
      RecvFrom(post.receiver.end, buffer, post.from);
      MUST(post.Received(100));
    }
  }
  return bed.verdict();
}

// A send that cuts what is too long instead of refusing it.
template <class B>
class CutsSends : public Forward<B> {
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    if (inner.kind == Op::Kind::kSendTo) inner.size = std::min<size_t>(inner.size, 1000);
    this->real().Start(port, inner);
  }
};
CATCHES(DatagramTest, S17_TooLongIsAnErrorAndTheSocketIsUsable, CutsSends,
        "out.result.err == Errc::kInvalid")

CONTRACT(DatagramTest, S17_ASendWithoutAnAddressNeedsAPeer) {
  Bed<B> bed;
  std::array<std::byte, 100> buffer;
  for (const Transport transport : kDatagrams) {
    Post<B> post(bed, transport);
    Call<B>& out = post.sender.end.out;
    Message nowhere;
    for (const bool with_message : {true, false}) {
      const auto bytes = Pattern(10);
      if (with_message) {
        SendTo(post.sender.end, bytes, nowhere);
      } else {
        post.sender.end.Send(bytes);
      }
      MUST(bed.PollUntilEnded(out));
      MUST(out.result.err == Errc::kInvalid);
      MUST(out.result.os != 0);
    }
    // With a peer both are good.
    post.sender.end.Connect(post.receiver.at);
    MUST(bed.PollUntilEnded(out) && out.result.ok());
    const auto bytes = Pattern(20);
    SendTo(post.sender.end, bytes, nowhere);
    MUST(bed.PollUntilEnded(out) && out.result.ok() && out.result.n == 20);
    post.sender.end.Send(bytes);
    MUST(bed.PollUntilEnded(out) && out.result.ok() && out.result.n == 20);
    for (int i = 0; i < 2; ++i) {
      RecvFrom(post.receiver.end, buffer, post.from);
      MUST(post.Received(20));
    }
  }
  return bed.verdict();
}

CONTRACT(DatagramTest, S17_ARefusalIsToldToAConnectedSocketOnly) {
  Bed<B> bed;
  std::array<std::byte, 100> buffer;
  const auto bytes = Pattern(10);
  Address gone = Loopback(Transport::kUdp4);
  OwnedHandle(Bind(Transport::kUdp4, gone)).Close();
  Post<B> post(bed, Transport::kUdp4);
  Message to;
  to.peer = &gone;
  SendTo(post.receiver.end, bytes, to);
  MUST(bed.PollUntilEnded(post.receiver.end.out) && post.receiver.end.out.result.ok());
  MUST(post.Send(bytes));
  RecvFrom(post.receiver.end, buffer, post.from);
  MUST(post.Received(10));
  Endpoint<B>& sender = post.sender.end;
  sender.Connect(gone);
  MUST(bed.PollUntilEnded(sender.out) && sender.out.result.ok());
  sender.Send(bytes);
  MUST(bed.PollUntilEnded(sender.out));
  sender.Recv(buffer);
  MUST(bed.PollUntilEnded(sender.in));
  MUST(sender.in.result.err == Errc::kRefused);
  // Nor does one that waits already wait for ever.
  sender.Recv(buffer);
  bed.PollInVain();
  sender.Send(bytes);
  MUST(bed.PollUntilEnded(sender.out) && bed.PollUntilEnded(sender.in));
  MUST(sender.in.result.err == Errc::kRefused);
  return bed.verdict();
}

CONTRACT(DatagramTest, S13_ACanceledReceiveHasNoAddressAndLosesNothing) {
  Bed<B> bed;
  std::array<std::byte, 100> buffer;
  for (const Transport transport : kDatagrams) {
    Post<B> post(bed, transport);
    Endpoint<B>& end = post.receiver.end;
    for (const bool poll_first : {true, false}) {
      post.who = {};
      RecvFrom(end, buffer, post.from);
      if (poll_first) bed.PollInVain();
      end.Cancel(end.in);
      MUST(bed.PollUntilEnded(end.in));
      MUST(end.in.result.err == Errc::kCanceled);
      MUST(end.in.result.n == 0);
      MUST(post.who.size == 0);
      MUST(post.Send(Pattern(10)));
      RecvFrom(end, buffer, post.from);
      MUST(post.Received(10));
      MUST(ToString(post.who) == ToString(post.sender.at));
    }
  }
  return bed.verdict();
}

// Numbered datagrams against receives that are canceled before, while and after they come.
template <class B>
std::string RaceCancelAgainstDatagrams(int rounds) {
  Bed<B> bed;
  Post<B> post(bed, Transport::kUdp4);
  Endpoint<B>& end = post.receiver.end;
  std::mt19937_64 random(17);
  uint64_t sent = 0, received = 0, number = 0;
  const auto send = [&] {
    const uint64_t next = sent++;
    return post.Send(std::as_bytes(std::span(&next, 1)));
  };
  const auto take = [&] {
    RecvFrom(end, std::as_writable_bytes(std::span(&number, 1)), post.from);
  };
  const auto taken = [&] {
    const Result r = end.in.result;
    if (r.err == Errc::kCanceled) return r.n == 0;
    return r.ok() && r.n == sizeof number && number == received++;
  };
  for (int round = 0; round < rounds; ++round) {
    const auto order = random() % 4;
    if (order == 0) MUST(send());
    take();
    if (order == 1) MUST(send());
    if (order != 2) (void)bed.Poll(Deadline::Past());
    end.Cancel(end.in);
    if (order == 3) MUST(send());
    MUST(bed.PollUntilEnded(end.in));
    MUST(taken());
  }
  while (received < sent) {
    take();
    MUST(bed.PollUntilEnded(end.in));
    MUST(end.in.result.ok() && taken());
  }
  return bed.verdict();
}

CONTRACT(DatagramTest, S13_NoDatagramIsLostInARaceOfCancelAgainstArrival) {
  return RaceCancelAgainstDatagrams<B>(10'000 / kSlowness);
}
CONTRACT(DatagramTest, S13_AShortRaceOfCancelAgainstArrival) {
  return RaceCancelAgainstDatagrams<B>(200);
}
CATCHES(DatagramTest, S13_AShortRaceOfCancelAgainstArrival, LosesWhatACancelFound, "taken()")

}  // namespace
}  // namespace tare::io::contract
