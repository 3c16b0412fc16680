// SPDX-License-Identifier: Apache-2.0
// Sends of a part of a file that meet a peer which does not read, a cancel, or nobody any more.
#include <random>
#include <string>
#include <vector>

#include "impl/base/signals.h"
#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/files.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(SendFileWaitsTest);

CONTRACT(SendFileWaitsTest, S21_ItWaitsForThePort) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport));
    Repeated<B> stream(line.end);
    MUST(stream.UntilBlocked());
    // The other direction does not wait. What comes by it may acknowledge what was sent.
    std::vector<std::byte> buffer(10);
    line.end.Recv(buffer);
    Push(*line.peer, Pattern(10));
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(stream.TakenBy(*line.peer));
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(stream.Ended().ok() && line.end.out.result.n > 0);
    MUST(stream.TakenBy(*line.peer));
    // The file ends before its turn comes, unless an acknowledgement that is late brings room.
    MUST(stream.UntilBlocked());
    stream.file().Resize(0);
    MUST(stream.TakenBy(*line.peer));
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(stream.Ended().ok());
    MUST(stream.TakenBy(*line.peer));
    stream.Start(100);
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(stream.Ended().ok() && line.end.out.result.n == 0);
  }
  return bed.verdict();
}

// Takes a full socket for the file's end.
template <class B>
class EndsWhereItWouldWait : public Forward<B> {
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    this->real().Start(port, inner);
    const bool full = inner.kind == Op::Kind::kSendFile && !HasRoom(inner.handle);
    if (full) this->real().Cancel(port, inner);
  }
  void End(Op& op) noexcept override {
    if (op.result.err == Errc::kCanceled) op.result = {};
    Forward<B>::End(op);
  }
};
CATCHES(SendFileWaitsTest, S21_ItWaitsForThePort, EndsWhereItWouldWait,
        WordsIf(kSends<TypeParam>, "stream.UntilBlocked()"))

CONTRACT(SendFileWaitsTest, S13_ACanceledSendLosesAndDoublesNothing) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  Bed<B> bed;
  std::mt19937_64 random(1);
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport));
    Repeated<B> stream(line.end);
    int canceled = 0;
    for (int round = 0; round < 2000 / kSlowness; ++round) {
      stream.Start(1 + random() % 100'000);
      if (random() % 2 == 0) (void)bed.Poll(Deadline::Past());
      line.end.Cancel(line.end.out);
      MUST(bed.PollUntilEnded(line.end.out));
      const Result r = stream.Ended();
      MUST(r.ok() ? r.n > 0 : r.err == Errc::kCanceled);
      if (r.ok()) continue;
      ++canceled;
      if (random() % 2 == 0) MUST(stream.TakenBy(*line.peer));
    }
    MUST(canceled > 0);
    MUST(stream.TakenBy(*line.peer));
    MUST(ShutdownSend(line.end.handle()).ok());
    std::byte more;
    MUST(Pull(*line.peer, {&more, 1}) == 0);
  }
  return bed.verdict();
}
CATCHES(SendFileWaitsTest, S13_ACanceledSendLosesAndDoublesNothing, LosesWhatACancelFound,
        WordsIf(kSends<TypeParam>, "stream.TakenBy(*line.peer)"))

CONTRACT(SendFileWaitsTest, S12_ADeadPeerIsAnErrorAndNoSignal) {
  if (!kSends<B>) return NotApplicable(kWithoutSendFile);
  const SignalShield shield;
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    for (const bool waits : {false, true}) {
      Line<B> line(bed, NewPair(transport));
      Repeated<B> stream(line.end);
      if (waits) MUST(stream.UntilBlocked());
      line.peer.Close();
      const std::string why = FailsForADeadPeer(line.end, [&] { stream.Start(100); });
      if (!why.empty()) return why;
    }
  }
  return bed.verdict();
}
CATCHES(SendFileWaitsTest, S12_ADeadPeerIsAnErrorAndNoSignal, ForgetsTheCode,
        WordsIf(kSends<TypeParam>, "r.ok() || r.os != 0"))

}  // namespace
}  // namespace tare::io::contract
