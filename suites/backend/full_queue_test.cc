// SPDX-License-Identifier: Apache-2.0
// Sentence 17 of the contract of a backend: datagrams that find no room.
#include <array>
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

CONTRACT_SUITE(FullQueueTest);

CONTRACT(FullQueueTest, S17_AFullQueueOfAUnixReceiverEndsTheSend) {
  Bed<B> bed;
  std::array<std::byte, 100> buffer;
  Post<B> post(bed, Transport::kUnixgram);
  const Call<B>& out = post.sender.end.out;
  const auto bytes = Pattern(10);
  const int queued = FillQueue(post.receiver.at);
  for (int round = 0; round < 3; ++round) {
    SendTo(post.sender.end, bytes, post.to);
    MUST(bed.PollUntilEnded(out));
    MUST(out.result.err == Errc::kResource);
    MUST(out.result.n == 0);
    MUST(out.result.os == 0);
  }
  // Of what was refused nothing was sent; with room again the socket is as good as before.
  for (int i = 0; i < queued; ++i) {
    RecvFrom(post.receiver.end, buffer, post.from);
    MUST(post.Received(1));
  }
  MUST(post.Send(bytes));
  RecvFrom(post.receiver.end, buffer, post.from);
  MUST(post.Received(10));
  return bed.verdict();
}

// What readiness alone makes of it: the socket is ready, so the call is made again, for ever.
template <class B>
class TriesForEver : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.result.err != Errc::kResource) Forward<B>::End(op);
  }
};
CATCHES(FullQueueTest, S17_AFullQueueOfAUnixReceiverEndsTheSend, TriesForEver,
        "bed.PollUntilEnded(out)")

// A send that must wait, and goes out after so many datagrams were received.
template <class B>
std::string WaitsAndThenGoesOut(Post<B>& post, int before) {
  Bed<B>& bed = post.sender.end.bed();
  const Call<B>& out = post.sender.end.out;
  std::vector<std::byte> buffer(65'536);
  bed.PollInVain();
  MUST(out.pending());
  const int64_t sleeps = Sleeps();
  (void)bed.Poll(Now().Plus(20 * kMilli));
  MUST(out.pending());
  MUST(Sleeps() > sleeps);  // and does not try all the time
  for (int i = 0; i < before; ++i) {
    RecvFrom(post.receiver.end, buffer, post.from);
    MUST(bed.PollUntilEnded(post.receiver.end.in) && post.receiver.end.in.result.ok());
  }
  MUST(bed.PollUntilEnded(out) && out.result.ok() && out.result.n == 10);
  RecvFrom(post.receiver.end, buffer, post.from);
  MUST(post.Received(10));
  return "";
}

CONTRACT(FullQueueTest, S17_AFullQueueOfAConnectedPeerIsWaitedFor) {
  const auto bytes = Pattern(10);
  for (const Op::Kind form : {Op::Kind::kSend, Op::Kind::kWritev, Op::Kind::kSendTo}) {
    for (const bool with_address : {false, true}) {
      if (with_address && form != Op::Kind::kSendTo) continue;
      Bed<B> bed;
      Post<B> post(bed, Transport::kUnixgram);
      Endpoint<B>& end = post.sender.end;
      end.Connect(post.receiver.at);
      MUST(bed.PollUntilEnded(end.out) && end.out.result.ok());
      const int queued = FillQueue(post.receiver.at);
      auto sent = bytes;
      const size_t sizes[] = {4, 6};
      Pieces pieces(sent, sizes);
      Message nowhere;
      if (form == Op::Kind::kSend) {
        end.Send(bytes);
      } else if (form == Op::Kind::kWritev) {
        Writev(end, pieces.message, pieces.count());
      } else {
        SendTo(end, bytes, with_address ? post.to : nowhere);
      }
      if (const std::string wrong = WaitsAndThenGoesOut(post, queued); !wrong.empty()) return wrong;
      MUST(bed.verdict() == "");
    }
  }
  return "";
}

// Of a queue that is not the connected peer's nobody tells, also when the peer's is full as well.
CONTRACT(FullQueueTest, S17_AConnectedSocketDoesNotWaitForAThirdParty) {
  Bed<B> bed;
  const auto bytes = Pattern(10);
  Post<B> post(bed, Transport::kUnixgram);
  Bound<B> third(bed, Transport::kUnixgram);
  Endpoint<B>& end = post.sender.end;
  end.Connect(post.receiver.at);
  MUST(bed.PollUntilEnded(end.out) && end.out.result.ok());
  Message to_third;
  to_third.peer = &third.at;
  (void)FillQueue(third.at);
  for (const bool peer_too : {false, true}) {
    if (peer_too) (void)FillQueue(post.receiver.at);
    SendTo(end, bytes, to_third);
    MUST(bed.PollUntilEnded(end.out));
    MUST(end.out.result.err == Errc::kResource);
  }
  return bed.verdict();
}
CATCHES(FullQueueTest, S17_AConnectedSocketDoesNotWaitForAThirdParty, TriesForEver,
        "bed.PollUntilEnded(end.out)")

CONTRACT(FullQueueTest, S17_RoomOnThisSideIsWaitedFor) {
  Bed<B> bed;
  const auto bytes = Pattern(10);
  Post<B> post(bed, Transport::kUnixgram);
  int queued = SendUntilBlocked(post.sender.end.handle(), post.receiver.at, 50'000);
  {
    // It is not the queue that is full.
    Bound<B> other(bed, Transport::kUnixgram);
    SendTo(other.end, bytes, post.to);
    MUST(bed.PollUntilEnded(other.end.out) && other.end.out.result.ok());
    ++queued;
  }
  SendTo(post.sender.end, bytes, post.to);
  if (const std::string wrong = WaitsAndThenGoesOut(post, queued); !wrong.empty()) return wrong;
  return bed.verdict();
}

// A send that never waits.
template <class B>
class GivesUp : public Forward<B> {
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    this->real().Start(port, inner);
    if (DirectionOf(inner.kind) == Direction::kOut && inner.kind != Op::Kind::kConnect) {
      this->real().Cancel(port, inner);
    }
  }
  void End(Op& op) noexcept override {
    if (op.result.err == Errc::kCanceled) op.result.err = Errc::kResource;
    Forward<B>::End(op);
  }
};
CATCHES(FullQueueTest, S17_AFullQueueOfAConnectedPeerIsWaitedFor, GivesUp, "out.pending()")
CATCHES(FullQueueTest, S17_RoomOnThisSideIsWaitedFor, GivesUp, "out.pending()")

template <class B>
class NeverSleeps : public Forward<B> {
 public:
  int Poll(Deadline d) noexcept {
    for (;;) {
      const int count = Forward<B>::Poll(Deadline::Past());
      if (count > 0 || HasPassed(d)) return count;
    }
  }
};
CATCHES(FullQueueTest, S17_AFullQueueOfAConnectedPeerIsWaitedFor, NeverSleeps, "Sleeps() > sleeps")

}  // namespace
}  // namespace tare::io::contract
