// SPDX-License-Identifier: Apache-2.0
// Sentence 10 of the contract of a backend: what sends and receives move.
#include <algorithm>
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

CONTRACT_SUITE(StreamTest);

// Receives until `total` bytes of the pattern, or an end or error, have come: "" or what was wrong.
template <class B>
std::string Drain(Endpoint<B>& end, uint64_t place, uint64_t total, size_t most) {
  std::vector<std::byte> buffer(most);
  while (place < total) {
    end.Recv(buffer);
    MUST(end.bed().PollUntilEnded(end.in));
    MUST(end.in.result.ok());
    MUST(end.in.result.n >= 1);
    const auto n = static_cast<size_t>(end.in.result.n);
    MUST(IsPattern({buffer.data(), n}, place));
    place += n;
  }
  MUST(place == total);
  return end.bed().verdict();
}

// The next receive is an end of stream.
template <class B>
std::string MeetsEnd(Endpoint<B>& end) {
  std::array<std::byte, 64> buffer;
  end.Recv(buffer);
  MUST(end.bed().PollUntilEnded(end.in));
  MUST(end.in.result.ok());
  MUST(end.in.result.n == 0);
  return "";
}

CONTRACT(StreamTest, S10_ASendMayEndShortAndLosesNothing) {
  Bed<B> bed;
  Connection<B> c(bed);
  // Far more than the system takes at once, to a peer that is slow: one byte here, much there.
  Pump<B> pump(c.client, c.server, 24 << 20, 8 << 20, 6);
  pump.Start();
  MUST(bed.PollUntil([&pump] { return pump.finished(); }));
  MUST(pump.wrong() == "");
  return bed.verdict();
}

CONTRACT(StreamTest, S10_AReceiveEndsWithWhatIsThere) {
  Bed<B> bed;
  std::vector<std::byte> buffer(1 << 20);
  Line<B> line(bed);
  uint64_t place = 0;
  for (const bool first_data : {true, false}) {
    for (const size_t sent : {1, 2, 511, 512, 513, 4096, 50'000}) {
      if (!first_data) {
        line.end.Recv(buffer);
        bed.PollInVain(1);
        MUST(line.end.in.pending());
      }
      Push(*line.peer, Pattern(sent, place));
      if (first_data) line.end.Recv(buffer);
      MUST(bed.PollUntilEnded(line.end.in));
      const auto n = static_cast<uint64_t>(line.end.in.result.n);
      MUST(line.end.in.result.ok() && n >= 1 && n <= sent);
      MUST(IsPattern({buffer.data(), n}, place));
      const std::string rest = Drain(line.end, place + n, place + sent, 4096);
      if (!rest.empty()) return rest;
      place += sent;
    }
  }
  return bed.verdict();
}

CONTRACT(StreamTest, S10_AReceiveThatFilledItsBufferLeavesTheRest) {
  Bed<B> bed;
  std::array<std::byte, 512> buffer;
  Line<B> line(bed);
  // Messages of exactly the buffer's size teach a backend to wait after a full one; then comes more
  // than that.
  std::mt19937_64 random(7);
  uint64_t pushed = 0, place = 0;
  for (int round = 0; round < 8000 / kSlowness; ++round) {
    const size_t size = round % 200 < 150 ? buffer.size() : 1 + random() % 4096;
    if (random() % 2 == 0) line.end.Recv(buffer);
    if (random() % 4 == 0) (void)bed.Poll(Deadline::Past());
    Push(*line.peer, Pattern(size, pushed));
    pushed += size;
    while (place < pushed) {
      if (!line.end.in.pending()) line.end.Recv(buffer);
      MUST(bed.PollUntilEnded(line.end.in));
      MUST(line.end.in.result.ok() && line.end.in.result.n >= 1);
      const auto n = static_cast<size_t>(line.end.in.result.n);
      MUST(IsPattern({buffer.data(), n}, place));
      place += n;
    }
  }
  return bed.verdict();
}

CONTRACT(StreamTest, S10_64MegabytesInRandomChunks) {
  Bed<B> bed;
  Connection<B> c(bed);
  Pump<B> pump(c.client, c.server, (64 << 20) / kSlowness, 100'000, 8);
  pump.Start();
  MUST(bed.PollUntil([&pump] { return pump.finished(); }));
  MUST(pump.wrong() == "");
  return bed.verdict();
}

CONTRACT(StreamTest, S10_EndOfStreamStays) {
  Bed<B> bed;
  const auto bytes = Pattern(100);
  Line<B> line(bed);
  (void)ShutdownSend(*line.peer);
  for (int i = 0; i < 5; ++i) {
    const std::string met = MeetsEnd(line.end);
    if (!met.empty()) return met;
  }
  // The other direction goes on.
  line.end.Send(bytes);
  MUST(bed.PollUntilEnded(line.end.out));
  MUST(line.end.out.result.ok() && line.end.out.result.n >= 1);
  return bed.verdict();
}
CATCHES(StreamTest, S10_EndOfStreamStays, ForgetsTheEnd, "end.in.result.ok()")

CONTRACT(StreamTest, S10_EndOfStreamComesToAPendingReceive) {
  Bed<B> bed;
  std::array<std::byte, 64> buffer;
  Line<B> line(bed);
  line.end.Recv(buffer);
  bed.PollInVain();
  MUST(line.end.in.pending());
  (void)ShutdownSend(*line.peer);
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.ok() && line.end.in.result.n == 0);
  return bed.verdict();
}

CONTRACT(StreamTest, S10_EndOfStreamComesAfterTheData) {
  Bed<B> bed;
  for (const size_t size : {1, 100, 512, 1024, 60'000}) {
    for (const size_t buffer : {512, 4096}) {
      for (const bool waits : {true, false}) {
        std::vector<std::byte> first(buffer);
        Line<B> line(bed);
        if (waits) {
          line.end.Recv(first);
          bed.PollInVain(1);
        }
        // Both are there before the backend looks again.
        Push(*line.peer, Pattern(size));
        (void)ShutdownSend(*line.peer);
        uint64_t place = 0;
        if (waits) {
          MUST(bed.PollUntilEnded(line.end.in));
          MUST(line.end.in.result.ok() && line.end.in.result.n >= 1);
          place = static_cast<uint64_t>(line.end.in.result.n);
          MUST(IsPattern({first.data(), place}, 0));
        }
        std::string wrong = Drain(line.end, place, size, buffer);
        if (wrong.empty()) wrong = MeetsEnd(line.end);
        if (!wrong.empty()) return wrong;
      }
    }
  }
  return bed.verdict();
}

CONTRACT(StreamTest, S10_SizeZeroEndsAtOnceAndMovesNothing) {
  Bed<B> bed;
  Line<B> idle(bed), with_data(bed), ended(bed), shut(bed), torn(bed);
  Push(*with_data.peer, Pattern(100));
  (void)ShutdownSend(*ended.peer);
  (void)ShutdownSend(shut.end.handle());
  torn.peer.Close();
  for (int round = 0; round < 3; ++round) {
    for (Line<B>* line : {&idle, &with_data, &ended, &shut, &torn}) {
      line->end.Recv({});
      line->end.Send({});
      MUST(bed.PollUntilEnded(line->end.in) && bed.PollUntilEnded(line->end.out));
      MUST(line->end.in.result.ok() && line->end.in.result.n == 0);
      MUST(line->end.out.result.ok() && line->end.out.result.n == 0);
    }
  }
  std::string wrong = Drain(with_data.end, 0, 100, 64);
  if (wrong.empty()) wrong = MeetsEnd(ended.end);
  if (!wrong.empty()) return wrong;
  // Nothing came to the peer either.
  const auto sent = Pattern(3);
  Push(idle.end.handle(), sent);
  std::vector<std::byte> got(3);
  MUST(Pull(*idle.peer, got) == 3 && got == sent);
  return bed.verdict();
}

CONTRACT(StreamTest, S10_SizeZeroEndsBesideABlockedSend) {
  Bed<B> bed;
  std::vector<std::byte> chunk(256 << 10);
  Connection<B> c(bed);
  (void)FillUntilBlocked(bed, c.client, chunk);
  c.client.Recv({});
  MUST(bed.PollUntilEnded(c.client.in));
  MUST(c.client.in.result.ok() && c.client.in.result.n == 0);
  return bed.verdict();
}

constexpr size_t kGiga = size_t{1} << 30;

CONTRACT(StreamTest, S10_HugeSizesAreClamped) {
  const Reserve reserve(4 * kGiga + 4);
  if (reserve.bytes().empty()) return NotApplicable("no room for 4 GiB of addresses");
  Bed<B> bed;
  std::vector<std::byte> sink(1 << 20);
  // What a signed or unsigned 32-bit size would make negative, 0 or 4.
  for (const size_t size :
       {2 * kGiga - 1, 2 * kGiga, 3 * kGiga, 4 * kGiga - 1, 4 * kGiga, 4 * kGiga + 4}) {
    const auto huge = reserve.bytes().first(size);
    Connection<B> c(bed);
    // The peer reads on, for a backend may end a send only when all that it took has gone.
    uint64_t received = 0;
    bool zeros = true;
    c.server.in.then = [&](Call<B>& call) {
      const auto n = static_cast<size_t>(call.result.n);
      received += n;
      for (size_t i = 0; i < n; i += 997) zeros = zeros && sink[i] == std::byte{0};
      if (n > 0) c.server.Recv(sink);
    };
    c.server.Recv(sink);
    c.client.Send(huge);
    MUST(bed.PollUntilEnded(c.client.out));
    MUST(c.client.out.result.ok() && c.client.out.result.n >= 1);
    (void)ShutdownSend(c.client.handle());
    MUST(bed.PollUntilEnded(c.server.in));
    MUST(c.server.in.result.ok());
    MUST(received == static_cast<uint64_t>(c.client.out.result.n));
    MUST(zeros);
    // The same for a receive: only what comes is written.
    Line<B> line(bed);
    line.end.Recv(huge);
    Push(*line.peer, Pattern(100));
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.ok());
    MUST(line.end.in.result.n >= 1 && line.end.in.result.n <= 100);
    MUST(IsPattern(huge.first(static_cast<size_t>(line.end.in.result.n)), 0));
    std::fill_n(huge.begin(), 100, std::byte{0});
  }
  return bed.verdict();
}
CATCHES(StreamTest, S10_HugeSizesAreClamped, NarrowsSizes, "result.n >= 1")

}  // namespace
}  // namespace tare::io::contract
