// SPDX-License-Identifier: Apache-2.0
// Sentence 13 of the contract of a backend: cancel, and its race against the end.
#include <array>
#include <random>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(CancelTest);

CONTRACT(CancelTest, S13_APendingReceiveEndsCanceled) {
  Bed<B> bed;
  std::array<std::byte, 64> buffer;
  Line<B> line(bed);
  for (const bool poll_first : {true, false}) {
    line.end.Recv(buffer);
    if (poll_first) bed.PollInVain();
    line.end.Cancel(line.end.in);
    line.end.Cancel(line.end.in);
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.err == Errc::kCanceled);
    MUST(line.end.in.result.n == 0);
    bed.PollInVain();
  }
  MUST(line.end.in.ended == 2);
  return bed.verdict();
}

CONTRACT(CancelTest, S13_APendingAcceptEndsCanceled) {
  Bed<B> bed;
  Address at = Loopback4();
  Endpoint<B> listener(bed, OwnedHandle(Listen(at)));
  for (const bool poll_first : {true, false}) {
    listener.Accept();
    if (poll_first) bed.PollInVain();
    listener.Cancel(listener.in);
    MUST(bed.PollUntilEnded(listener.in));
    MUST(listener.in.result.err == Errc::kCanceled);
  }
  // It can accept again.
  listener.Accept();
  const OwnedHandle dialer(Dial(at));
  (void)ResetOnClose(*dialer);
  MUST(bed.PollUntilEnded(listener.in));
  MUST(listener.in.result.ok());
  const OwnedHandle accepted(listener.in.result);
  return bed.verdict();
}

// Receives, once the sender is done, from a place to the end of the stream, which is returned; -1:
// not the pattern.
template <class B>
int64_t DrainToEnd(Endpoint<B>& end, std::span<std::byte> buffer, uint64_t place = 0) {
  for (;;) {
    end.Recv(buffer);
    if (!end.bed().PollUntilEnded(end.in) || !end.in.result.ok()) return -1;
    const auto n = static_cast<size_t>(end.in.result.n);
    if (n == 0) return static_cast<int64_t>(place);
    if (!IsPattern(buffer.first(n), place)) return -1;
    place += n;
  }
}

CONTRACT(CancelTest, S13_ACanceledSendTellsWhatItMoved) {
  if (kHolds<B>) return NotApplicable(kHeld);
  Bed<B> bed;
  std::vector<std::byte> chunk(256 << 10), buffer(64 << 10);
  Connection<B> c(bed);
  auto sent = static_cast<int64_t>(FillUntilBlocked(bed, c.client, chunk));
  c.client.Cancel(c.client.out);
  MUST(bed.PollUntilEnded(c.client.out));
  MUST(c.client.out.result.err == Errc::kCanceled || c.client.out.result.ok());
  sent += c.client.out.result.n;
  MUST(ShutdownSend(c.client.handle()).ok());
  MUST(DrainToEnd(c.server, buffer) == sent);
  return bed.verdict();
}

// It has its result, and keeps it; what it does not have is its buffer.
CONTRACT(CancelTest, S13_ACanceledSendThatIsHeldEndsOnceThePeerHasIt) {
  if (!kHolds<B>) return NotApplicable("no send is held here");
  Bed<B> bed;
  std::vector<std::byte> chunk(256 << 10), buffer(64 << 10);
  Connection<B> c(bed);
  const uint64_t sent = FillUntilBlocked(bed, c.client, chunk);
  bed.PollInVain();
  c.client.Cancel(c.client.out);
  bed.PollInVain();
  uint64_t place = 0;
  while (c.client.out.pending()) {
    c.server.Recv(buffer);
    MUST(bed.PollUntilEnded(c.server.in));
    MUST(c.server.in.result.ok());
    const auto n = static_cast<size_t>(c.server.in.result.n);
    MUST(IsPattern({buffer.data(), n}, place));
    place += n;
  }
  MUST(c.client.out.result.ok() || c.client.out.result.err == Errc::kCanceled);
  MUST(ShutdownSend(c.client.handle()).ok());
  const int64_t rest = DrainToEnd(c.server, buffer, place);
  MUST(rest == static_cast<int64_t>(sent) + c.client.out.result.n);
  return bed.verdict();
}

CONTRACT(CancelTest, S13_CancelsOfSendsLoseNothing) {
  Bed<B> bed;
  std::vector<std::byte> chunk(300'000), buffer(64 << 10);
  Connection<B> c(bed);
  std::mt19937_64 random(12);
  uint64_t sent = 0, received = 0;
  bool right = true;
  c.server.in.then = [&](Call<B>& call) {
    const auto n = static_cast<size_t>(call.result.n);
    right = right && IsPattern({buffer.data(), n}, received);
    received += n;
    if (n > 0) c.server.Recv({buffer.data(), 1 + random() % buffer.size()});
  };
  c.server.Recv(buffer);
  for (int round = 0; round < 1000 / kSlowness; ++round) {
    FillPattern(chunk, sent);
    c.client.Send({chunk.data(), 1 + random() % chunk.size()});
    for (auto i = random() % 4; i > 0; --i) (void)bed.Poll(Deadline::Past());
    c.client.Cancel(c.client.out);
    MUST(bed.PollUntilEnded(c.client.out));
    MUST(c.client.out.result.ok() || c.client.out.result.err == Errc::kCanceled);
    sent += static_cast<uint64_t>(c.client.out.result.n);
  }
  MUST(ShutdownSend(c.client.handle()).ok());
  MUST(bed.PollUntilEnded(c.server.in));
  MUST(right);
  MUST(received == sent);
  return bed.verdict();
}

CONTRACT(CancelTest, S13_TheOtherDirectionIsLeftAlone) {
  if (kHolds<B>) return NotApplicable(kHeld);
  Bed<B> bed;
  std::vector<std::byte> chunk(256 << 10), buffer(64 << 10);
  std::array<std::byte, 64> answer;
  const auto bytes = Pattern(64);
  Connection<B> c(bed);
  auto sent = static_cast<int64_t>(FillUntilBlocked(bed, c.client, chunk));
  c.client.Recv(answer);
  bed.PollInVain();
  // The receive is canceled, the send goes on.
  c.client.Cancel(c.client.in);
  MUST(bed.PollUntilEnded(c.client.in));
  MUST(c.client.in.result.err == Errc::kCanceled);
  bed.PollInVain();
  MUST(c.client.out.pending());
  // The send is canceled, the receive goes on.
  c.client.Recv(answer);
  c.client.Cancel(c.client.out);
  MUST(bed.PollUntilEnded(c.client.out));
  sent += c.client.out.result.n;
  bed.PollInVain();
  MUST(c.client.in.pending());
  c.server.Send(bytes);
  MUST(bed.PollUntilEnded(c.client.in));
  MUST(c.client.in.result.ok() && c.client.in.result.n >= 1);
  MUST(ShutdownSend(c.client.handle()).ok());
  MUST(DrainToEnd(c.server, buffer) == sent);
  return bed.verdict();
}
CATCHES(CancelTest, S13_TheOtherDirectionIsLeftAlone, CancelsBothDirections,
        "c.client.out.pending()")

CONTRACT(CancelTest, S13_CancelOfAnIdleOpChangesNothing) {
  Bed<B> bed;
  std::array<std::byte, 8> buffer;
  Line<B> line(bed);
  line.end.Cancel(line.end.in);  // never started
  line.end.Cancel(line.end.out);
  bed.PollInVain();
  MUST(line.end.in.ended == 0 && line.end.out.ended == 0);
  uint64_t pushed = 0, place = 0;
  for (int round = 0; round < 10'000 / kSlowness; ++round) {
    // Half of them find their bytes there, half of them wait.
    const bool drained = place == pushed;
    const auto push = [&] { Push(*line.peer, Pattern(8, pushed)); };
    if (drained && round % 2 == 0) push();
    line.end.Recv(buffer);
    if (drained && round % 2 != 0) push();
    if (drained) pushed += 8;
    MUST(bed.PollUntilEnded(line.end.in));
    // The cancel of the last round came too late, and must not strike this one.
    MUST(line.end.in.result.ok());
    const auto n = static_cast<size_t>(line.end.in.result.n);
    MUST(n >= 1 && IsPattern({buffer.data(), n}, place));
    place += n;
    line.end.Cancel(line.end.in);
    if (round % 3 == 0) (void)bed.Poll(Deadline::Past());
  }
  return bed.verdict();
}
CATCHES(CancelTest, S13_CancelOfAnIdleOpChangesNothing, CancelsTheNextOp, "in.result.ok()")

CONTRACT(CancelTest, S13_CancelOfAnIdleOpLeavesThePendingOneAlone) {
  Bed<B> bed;
  std::array<std::byte, 16> buffer;
  Line<B> line(bed);
  Call<B> idle(bed);
  idle.kind = Op::Kind::kRecv;
  line.end.Recv(buffer);
  bed.PollInVain();
  line.end.Cancel(idle);
  bed.PollInVain();
  MUST(idle.ended == 0);
  MUST(line.end.in.pending());
  Push(*line.peer, Pattern(16));
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.ok());
  return bed.verdict();
}

CONTRACT(CancelTest, S13_CancelInTheBatchThatEndsTheOpLosesNothing) {
  Bed<B> bed;
  std::array<std::byte, 8> one, other;
  Line<B> first(bed), second(bed);
  first.end.in.then = [&second](Call<B>&) { second.end.Cancel(second.end.in); };
  uint64_t pushed = 0, place = 0;
  for (int round = 0; round < 1000; ++round) {
    // Both have data before they start, so that mostly both have ended when the first is told.
    Push(*first.peer, Pattern(8));
    if (place == pushed) {
      Push(*second.peer, Pattern(8, pushed));
      pushed += 8;
    }
    first.end.Recv(one);
    second.end.Recv(other);
    MUST(bed.PollUntilEnded(first.end.in) && bed.PollUntilEnded(second.end.in));
    const Result r = second.end.in.result;
    MUST(r.ok() ? r.n >= 1 : r.err == Errc::kCanceled);
    MUST(IsPattern({other.data(), static_cast<size_t>(r.n)}, place));
    place += static_cast<uint64_t>(r.n);
  }
  return bed.verdict();
}

// A stream of numbered bytes, received by receives that are canceled before, while and after their
// bytes come.
template <class B>
std::string RaceCancelAgainstData(int rounds) {
  Bed<B> bed;
  std::array<std::byte, 64> buffer;
  std::array<std::byte, 8> sending;
  Line<B> line(bed);
  std::mt19937_64 random(13);
  uint64_t pushed = 0, place = 0;
  int canceled = 0;
  const auto push = [&] {
    const std::span<std::byte> some(sending.data(), 1 + random() % sending.size());
    FillPattern(some, pushed);
    Push(*line.peer, some);
    pushed += some.size();
  };
  const auto take = [&] {
    const Result r = line.end.in.result;
    if (!r.ok() && r.err != Errc::kCanceled) return false;
    if (!r.ok()) ++canceled;
    const auto n = static_cast<size_t>(r.n);
    const bool right = IsPattern({buffer.data(), n}, place);
    place += n;
    return right;
  };
  for (int round = 0; round < rounds; ++round) {
    const auto order = random() % 7;
    if (order == 0) push();
    line.end.Recv({buffer.data(), 1 + random() % buffer.size()});
    if (order == 1 || order == 2) push();
    if (order == 2 || order == 3) (void)bed.Poll(Deadline::Past());
    line.end.Cancel(line.end.in);
    if (order == 4) (void)bed.Poll(Deadline::Past());
    if (order == 5) MUST(bed.PollUntilEnded(line.end.in));
    if (order >= 3) push();
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(take());
  }
  while (place < pushed) {
    line.end.Recv(buffer);
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.ok() && take());
  }
  MUST(place == pushed);
  MUST(canceled > 0);
  return bed.verdict();
}

CONTRACT(CancelTest, S13_NoByteIsLostInARaceOfCancelAgainstData) {
  return RaceCancelAgainstData<B>(100'000 / kSlowness);
}
CONTRACT(CancelTest, S13_AShortRaceOfCancelAgainstData) {
  return RaceCancelAgainstData<B>(300);
}
CATCHES(CancelTest, S13_AShortRaceOfCancelAgainstData, LosesWhatACancelFound, "take()")

}  // namespace
}  // namespace tare::io::contract
