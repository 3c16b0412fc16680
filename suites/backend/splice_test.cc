// SPDX-License-Identifier: Apache-2.0
// Sentence 18 of the contract of a backend: splices between a port and a pipe.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "impl/base/blocking.h"
#include "impl/base/signals.h"
#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(SpliceTest);

template <class B>
constexpr bool kMoves = (B::kFeatures & kSplices) != 0;
const char* const kWithoutSplices = "the backend has no splices";

// A pipe in blocking mode, and the splices that put in and take out.
struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    from = OwnedHandle(ends[0]);
    to = OwnedHandle(ends[1]);
    in.pipe = ends[1];
    out.pipe = ends[0];
  }

  void Put(std::span<const std::byte> bytes) {
    if (write(*to, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("a write into the pipe failed");
    }
  }
  // All that is in there.
  std::vector<std::byte> Take() {
    std::vector<std::byte> bytes(size_t{1} << 20);
    (void)SetBlocking(*from, false);
    size_t got = 0;
    for (ssize_t n; (n = read(*from, bytes.data() + got, bytes.size() - got)) > 0;) {
      got += static_cast<size_t>(n);
    }
    (void)SetBlocking(*from, true);
    bytes.resize(got);
    return bytes;
  }
  // Returns how many bytes it took.
  size_t Fill() {
    (void)SetBlocking(*to, false);
    const std::array<std::byte, 4096> page = {};
    size_t put = 0;
    for (ssize_t n; (n = write(*to, page.data(), page.size())) > 0;) put += static_cast<size_t>(n);
    (void)SetBlocking(*to, true);
    return put;
  }

  OwnedHandle from, to;
  Splice in, out;  // into the pipe, out of it
};

CONTRACT(SpliceTest, S18_WithoutTheFeatureItIsRefused) {
  if (kMoves<B>) return NotApplicable("the backend has splices");
  Bed<B> bed;
  Line<B> line(bed);
  Pipe pipe;
  pipe.Put(Pattern(10));
  Push(*line.peer, Pattern(10));
  SpliceIn(line.end, pipe.in, 10);
  SpliceOut(line.end, pipe.out, 10);
  MUST(bed.PollUntilEnded(line.end.in) && bed.PollUntilEnded(line.end.out));
  MUST(line.end.in.result.err == Errc::kUnsupported);
  MUST(line.end.out.result.err == Errc::kUnsupported);
  return bed.verdict();
}

template <class B>
class SplicesAndSaysItCannot : public Forward<B> {
 public:
  static constexpr uint32_t kFeatures = B::kFeatures & ~uint32_t{kSplices};
};
CATCHES(SpliceTest, S18_WithoutTheFeatureItIsRefused, SplicesAndSaysItCannot,
        WordsIf(kMoves<TypeParam>, "line.end.in.result.err == Errc::kUnsupported"))

CONTRACT(SpliceTest, S18_WhatIsThereIsMoved) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    for (const bool waits : {true, false}) {
      Line<B> line(bed, NewPair(transport));
      Pipe pipe;
      if (waits) {
        SpliceIn(line.end, pipe.in, 4096);
        bed.PollInVain();
        MUST(line.end.in.pending());
      }
      Push(*line.peer, Pattern(1000));
      if (!waits) SpliceIn(line.end, pipe.in, 4096);
      MUST(bed.PollUntilEnded(line.end.in));
      MUST(line.end.in.result.ok() && line.end.in.result.n == 1000);
      SpliceOut(line.end, pipe.out, 4096);
      MUST(bed.PollUntilEnded(line.end.out));
      MUST(line.end.out.result.ok() && line.end.out.result.n == 1000);
      std::vector<std::byte> back(1000);
      MUST(Pull(*line.peer, back) == 1000);
      MUST(IsPattern(back, 0));
    }
  }
  return bed.verdict();
}

template <class B>
class MiscountsSplices : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kSpliceIn && op.result.n > 1) --op.result.n;
    Forward<B>::End(op);
  }
};
CATCHES(SpliceTest, S18_WhatIsThereIsMoved, MiscountsSplices,
        WordsIf(kMoves<TypeParam>, "in.result.n == 1000"))

CONTRACT(SpliceTest, S18_NoMoreThanAskedForIsMoved) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  Bed<B> bed;
  Line<B> line(bed);
  Pipe pipe;
  Push(*line.peer, Pattern(1000));
  SpliceIn(line.end, pipe.in, 300);
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.n == 300);
  MUST(IsPattern(pipe.Take(), 0));
  SpliceIn(line.end, pipe.in, SIZE_MAX);
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.n == 700);
  SpliceOut(line.end, pipe.out, 300);
  MUST(bed.PollUntilEnded(line.end.out));
  MUST(line.end.out.result.n == 300);
  SpliceOut(line.end, pipe.out, SIZE_MAX);
  MUST(bed.PollUntilEnded(line.end.out));
  MUST(line.end.out.result.n == 400);
  std::vector<std::byte> back(700);
  MUST(Pull(*line.peer, back) == 700);
  MUST(IsPattern(back, 300));
  return bed.verdict();
}

CONTRACT(SpliceTest, S10_NothingAskedForEndsAtOnce) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  Bed<B> bed;
  Line<B> line(bed);
  Pipe pipe;
  for (const bool peer_is_gone : {false, true}) {
    if (peer_is_gone) line.peer.Close();
    SpliceIn(line.end, pipe.in, 0);
    SpliceOut(line.end, pipe.out, 0);
    MUST(bed.PollUntilEnded(line.end.in) && bed.PollUntilEnded(line.end.out));
    MUST(line.end.in.result.ok() && line.end.in.result.n == 0);
    MUST(line.end.out.result.ok() && line.end.out.result.n == 0);
  }
  return bed.verdict();
}

CONTRACT(SpliceTest, S18_TheEndOfTheStream) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport));
    Pipe pipe;
    SpliceIn(line.end, pipe.in, 4096);
    bed.PollInVain();
    MUST(ShutdownSend(*line.peer).ok());
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.ok() && line.end.in.result.n == 0);
    SpliceIn(line.end, pipe.in, 4096);
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.ok() && line.end.in.result.n == 0);
    // The end of what can come out of the pipe.
    pipe.to.Close();
    SpliceOut(line.end, pipe.out, 4096);
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(line.end.out.result.ok() && line.end.out.result.n == 0);
  }
  return bed.verdict();
}

CONTRACT(SpliceTest, S18_APipeWithoutRoomEndsIt) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    for (const bool waits : {true, false}) {
      Line<B> line(bed, NewPair(transport));
      Pipe pipe;
      // So that the port is known to have to wait.
      SpliceIn(line.end, pipe.in, 4096);
      bed.PollInVain();
      Push(*line.peer, Pattern(10));
      MUST(bed.PollUntilEnded(line.end.in));
      const size_t filled = pipe.Fill();
      if (waits) {
        SpliceIn(line.end, pipe.in, 4096);
        bed.PollInVain();
      }
      Push(*line.peer, Pattern(100));
      if (!waits) SpliceIn(line.end, pipe.in, 4096);
      MUST(bed.PollUntilEnded(line.end.in));
      MUST(line.end.in.result.err == Errc::kResource);
      MUST(line.end.in.result.n == 0);
      // With room again the bytes are still there.
      MUST(pipe.Take().size() == 10 + filled);
      SpliceIn(line.end, pipe.in, 4096);
      MUST(bed.PollUntilEnded(line.end.in));
      MUST(line.end.in.result.n == 100);
      MUST(IsPattern(pipe.Take(), 0));
    }
  }
  return bed.verdict();
}

// A splice that takes a full pipe for a port that is not ready and waits for that.
template <class B>
class WaitsForThePipe : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.result.err != Errc::kResource) Forward<B>::End(op);
  }
};
CATCHES(SpliceTest, S18_APipeWithoutRoomEndsIt, WaitsForThePipe,
        WordsIf(kMoves<TypeParam>, "bed.PollUntilEnded(line.end.in)"))

template <class B>
class LetsTheFullPipeOut : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.result.err == Errc::kResource) op.result.os = EAGAIN;
    Forward<B>::End(op);
  }
};
CATCHES(SpliceTest, S18_APipeWithoutRoomEndsIt, LetsTheFullPipeOut,
        WordsIf(kMoves<TypeParam>, "S12: would-block came out"))

// A pipe counts buffers, not bytes: small segments fill it long before its 64 KiB.
CONTRACT(SpliceTest, S18_APipeIsAlsoFullOfSmallSegments) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  Bed<B> bed;
  Line<B> line(bed);
  Pipe pipe;
  uint64_t pushed = 0, moved = 0;
  do {
    Push(*line.peer, Pattern(100, pushed));
    pushed += 100;
    SpliceIn(line.end, pipe.in, 4096);
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.ok() || line.end.in.result.err == Errc::kResource);
    moved += static_cast<uint64_t>(line.end.in.result.n);
    MUST(pushed < 1 << 20);
  } while (line.end.in.result.ok());
  std::vector<std::byte> got = pipe.Take();
  MUST(got.size() == moved);
  MUST(IsPattern(got, 0));
  while (moved < pushed) {
    SpliceIn(line.end, pipe.in, 4096);
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.ok() && line.end.in.result.n > 0);
    MUST(IsPattern(pipe.Take(), moved));
    moved += static_cast<uint64_t>(line.end.in.result.n);
  }
  return bed.verdict();
}

CONTRACT(SpliceTest, S18_AnEmptyPipeEndsIt) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport));
    Pipe pipe;
    for (int i = 0; i < 3; ++i) {
      SpliceOut(line.end, pipe.out, 4096);
      MUST(bed.PollUntilEnded(line.end.out));
      MUST(line.end.out.result.err == Errc::kResource);
      MUST(line.end.out.result.n == 0);
    }
    pipe.Put(Pattern(10));
    SpliceOut(line.end, pipe.out, 4096);
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(line.end.out.result.n == 10);
  }
  return bed.verdict();
}
CATCHES(SpliceTest, S18_AnEmptyPipeEndsIt, WaitsForThePipe,
        WordsIf(kMoves<TypeParam>, "bed.PollUntilEnded(line.end.out)"))

// Whether `end` is one of whose splices the pipe knows nothing: waits while the peer does not read.
CONTRACT(SpliceTest, S18_OutWaitsForThePort) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  if (kHolds<B>) return NotApplicable(kHeld);
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    Connection<B> c(bed, NewPair(transport));
    std::vector<std::byte> chunk(64 << 10), buffer(64 << 10);
    Pipe pipe;
    uint64_t sent = FillUntilBlocked(bed, c.client, chunk);
    c.client.Cancel(c.client.out);
    MUST(bed.PollUntilEnded(c.client.out));
    sent += static_cast<uint64_t>(c.client.out.result.n);
    // What room is left is filled from the pipe, until a splice waits.
    uint64_t put = sent;
    const auto splice = [&] {
      FillPattern(std::span(chunk).first(4096), put);
      pipe.Put(std::span(chunk).first(4096));
      put += 4096;
      SpliceOut(c.client, pipe.out, 4096);
      bed.PollInVain();
    };
    for (splice(); !c.client.out.pending(); splice()) {
      MUST(c.client.out.result.ok());
      sent += static_cast<uint64_t>(c.client.out.result.n);
      MUST(put - sent < 60'000);
    }
    // It is canceled, and begun again; then the peer reads.
    c.client.Cancel(c.client.out);
    MUST(bed.PollUntilEnded(c.client.out));
    MUST(c.client.out.result.err == Errc::kCanceled);
    MUST(c.client.out.result.n == 0);
    SpliceOut(c.client, pipe.out, put - sent);
    uint64_t place = 0;
    while (c.client.out.pending() || place < sent) {
      c.server.Recv(buffer);
      MUST(bed.PollUntilEnded(c.server.in));
      const auto n = static_cast<size_t>(c.server.in.result.n);
      MUST(c.server.in.result.ok() && n > 0);
      MUST(IsPattern({buffer.data(), n}, place));
      place += n;
      (void)bed.Poll(Deadline::Past());
      if (c.client.out.pending() || c.client.out.result.n == 0) continue;
      MUST(c.client.out.result.ok());
      sent += static_cast<uint64_t>(c.client.out.result.n);
      c.client.out.result.n = 0;
      if (sent < put) SpliceOut(c.client, pipe.out, put - sent);
    }
    MUST(place == put);
  }
  return bed.verdict();
}

CONTRACT(SpliceTest, S13_ACanceledSpliceInLosesNothing) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    Pipe pipe;
    {
      // Of a port that is new nothing is known: what is there may be found at once, before the
      // cancel.
      Line<B> fresh(bed, NewPair(transport));
      Push(*fresh.peer, Pattern(10));
      SpliceIn(fresh.end, pipe.in, 4096);
      fresh.end.Cancel(fresh.end.in);
      MUST(bed.PollUntilEnded(fresh.end.in));
      const std::vector<std::byte> got = pipe.Take();
      MUST(static_cast<int64_t>(got.size()) == fresh.end.in.result.n);
    }
    Line<B> line(bed, NewPair(transport));
    uint64_t pushed = 0, moved = 0;
    int canceled = 0;
    for (int round = 0; round < 2000 / kSlowness; ++round) {
      const auto push = [&] {
        Push(*line.peer, Pattern(10, pushed));
        pushed += 10;
      };
      if (round % 4 == 0) push();
      SpliceIn(line.end, pipe.in, 4096);
      if (round % 4 == 1) push();
      if (round % 2 == 0) (void)bed.Poll(Deadline::Past());
      line.end.Cancel(line.end.in);
      if (round % 4 == 2) push();
      MUST(bed.PollUntilEnded(line.end.in));
      const Result r = line.end.in.result;
      MUST(r.ok() || r.err == Errc::kCanceled);
      if (!r.ok()) ++canceled;
      const std::vector<std::byte> got = pipe.Take();
      MUST(static_cast<int64_t>(got.size()) == r.n);
      MUST(IsPattern(got, moved));
      moved += got.size();
    }
    MUST(canceled > 0);
    while (moved < pushed) {
      SpliceIn(line.end, pipe.in, 4096);
      MUST(bed.PollUntilEnded(line.end.in));
      MUST(line.end.in.result.ok());
      moved += pipe.Take().size();
    }
    MUST(moved == pushed);
  }
  return bed.verdict();
}
CATCHES(SpliceTest, S13_ACanceledSpliceInLosesNothing, LosesWhatACancelFound,
        WordsIf(kMoves<TypeParam>, "got.size()"))

CONTRACT(SpliceTest, S12_ADeadPeerIsAnErrorAndNoSignal) {
  if (!kMoves<B>) return NotApplicable(kWithoutSplices);
  const SignalShield shield;
  Bed<B> bed;
  for (const Transport transport : kStreams) {
    Line<B> line(bed, NewPair(transport));
    Pipe pipe;
    line.peer.Close();
    const std::string why = FailsForADeadPeer(line.end, [&] {
      pipe.Put(Pattern(100));
      SpliceOut(line.end, pipe.out, 4096);
    });
    if (!why.empty()) return why;
    // A pipe that nobody reads is dead as well.
    Line<B> other(bed, NewPair(transport));
    Pipe unread;
    unread.from.Close();
    Push(*other.peer, Pattern(10));
    SpliceIn(other.end, unread.in, 4096);
    MUST(bed.PollUntilEnded(other.end.in));
    MUST(other.end.in.result.err == Errc::kShutdown);
  }
  // Each was taken back at once, and not left to the end of the shield.
  sigset_t pending;
  sigpending(&pending);
  MUST(sigismember(&pending, SIGPIPE) == 0);
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
