// SPDX-License-Identifier: Apache-2.0
// Receives into several buffers and sends from several (sentences 8, 10, 12, 13), and Consume.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(VectorTest);

// IO-08: what is left of a send after `n` bytes of it were moved.
struct Consumed {
  const char* what;
  std::vector<size_t> sizes;
  size_t n;
  std::vector<size_t> left;
};

TEST(ConsumeTest, IO_08_CutsOffWhatWasMoved) {
  const Consumed table[] = {
      {"nothing of nothing", {}, 0, {}},
      {"nothing", {3, 4}, 0, {3, 4}},
      {"part of the first", {3, 4}, 2, {1, 4}},
      {"the first", {3, 4}, 3, {4}},
      {"across buffers", {3, 4, 5}, 8, {4}},
      {"all", {3, 4}, 7, {}},
      {"leading empty buffers", {0, 0, 3}, 0, {3}},
      {"only empty buffers", {0, 0, 0}, 0, {}},
      {"an empty buffer behind what was moved", {2, 0, 3}, 2, {3}},
      {"trailing empty buffers", {2, 0, 0}, 2, {}},
      {"an empty buffer behind what was moved in part", {2, 0, 3}, 1, {1, 0, 3}},
  };
  for (const Consumed& row : table) {
    SCOPED_TRACE(row.what);
    auto bytes = Pattern(20);
    Pieces pieces(bytes, row.sizes);
    Op op;
    op.kind = Op::Kind::kWritev;
    op.message = &pieces.message;
    op.size = pieces.count();
    size_t left = 0;
    for (const size_t size : row.left) left += size;
    EXPECT_EQ(Consume(op, row.n), left);
    ASSERT_EQ(op.size, row.left.size());
    size_t place = row.n;
    for (size_t i = 0; i < op.size; ++i) {
      EXPECT_EQ(op.message->pieces[i].size, row.left[i]);
      EXPECT_TRUE(IsPattern({op.message->pieces[i].data, row.left[i]}, place));
      place += row.left[i];
    }
  }
}

TEST(ConsumeTest, IO_08_OneBuffer) {
  auto bytes = Pattern(10);
  Op op;
  op.kind = Op::Kind::kSend;
  op.data = bytes.data();
  op.size = 10;
  EXPECT_EQ(Consume(op, 0), 10u);
  EXPECT_EQ(Consume(op, 4), 6u);
  EXPECT_EQ(op.data, bytes.data() + 4);
  EXPECT_EQ(Consume(op, 6), 0u);
  // What is received is not consumed.
  op.kind = Op::Kind::kRecv;
  op.size = 10;
  EXPECT_EQ(Consume(op, 4), 0u);
  EXPECT_EQ(op.size, 10u);
}

TEST(ConsumeTest, IO_08_APartOfAFile) {
  constexpr uint64_t k4GiB = uint64_t{1} << 32;
  FilePart part{0, k4GiB - 5, k4GiB + 10};
  Op op;
  op.kind = Op::Kind::kSendFile;
  op.part = &part;
  op.size = 0;  // says nothing
  EXPECT_EQ(BytesOf(op), k4GiB + 10);
  EXPECT_FALSE(MovesNothing(op));
  EXPECT_EQ(Consume(op, 10), k4GiB);
  EXPECT_EQ(part.offset, k4GiB + 5);
  EXPECT_EQ(part.size, k4GiB);
  op.size = 1;
  EXPECT_EQ(Consume(op, k4GiB), 0u);
  EXPECT_TRUE(MovesNothing(op));
}

// Behind more empty buffers than one call takes there may still be bytes.
TEST(ConsumeTest, IO_08_MoreEmptyBuffersThanOneCallTakes) {
  auto bytes = Pattern(3);
  std::vector<size_t> sizes(3000, 0);
  sizes.push_back(3);
  Pieces pieces(bytes, sizes);
  Op op;
  op.kind = Op::Kind::kWritev;
  op.message = &pieces.message;
  op.size = pieces.count();
  EXPECT_EQ(Consume(op, 0), 3u);
  EXPECT_EQ(op.size, 1u);
}

// Sends all pieces, in as many ops as it takes. How many; -1: one failed, or moved nothing.
template <class B>
int WriteAll(Bed<B>& bed, Endpoint<B>& end, Pieces& pieces) {
  size_t count = pieces.count();
  for (int ops = 1;; ++ops) {
    Writev(end, pieces.message, count);
    Call<B>& out = end.out;
    if (!bed.PollUntilEnded(out) || !out.result.ok()) return -1;
    const size_t before = BytesOf(out);
    if (out.result.n == 0 && before > 0) return -1;
    if (Consume(out, static_cast<size_t>(out.result.n)) == 0) return out.size == 0 ? ops : -1;
    count = out.size;
  }
}

size_t SumOf(const std::vector<size_t>& sizes) {
  size_t sum = 0;
  for (const size_t size : sizes) sum += size;
  return sum;
}

CONTRACT(VectorTest, S10_ManyPiecesArriveInOrderAndTheListIsLeftEmpty) {
  Bed<B> bed;
  for (const int count : {0, 1, 10, 1023, 1024, 1025, 2500}) {
    Line<B> line(bed);
    std::vector<size_t> sizes;
    for (int i = 0; i < count; ++i) sizes.push_back(static_cast<size_t>(i % 7));
    auto bytes = Pattern(SumOf(sizes));
    std::vector<std::byte> received(bytes.size() + 1);
    Pieces pieces(bytes, sizes);
    const int ops = WriteAll(bed, line.end, pieces);
    MUST(ops >= 1);
    MUST(ops >= (count + 1023) / 1024);  // IO-07
    MUST(ShutdownSend(line.end.handle()).ok());
    MUST(Pull(*line.peer, received) == bytes.size());
    MUST(IsPattern({received.data(), bytes.size()}, 0));
  }
  return bed.verdict();
}

template <class B>
class SwapsPieces : public Forward<B> {
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    if (inner.kind == Op::Kind::kWritev && inner.size > 3) {
      std::swap(inner.message->pieces[2], inner.message->pieces[3]);
    }
    this->real().Start(port, inner);
  }
};
CATCHES(VectorTest, S10_ManyPiecesArriveInOrderAndTheListIsLeftEmpty, SwapsPieces, "IsPattern(")

template <class B>
class ForgetsAByte : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kWritev && op.result.n > 1) --op.result.n;
    Forward<B>::End(op);
  }
};
CATCHES(VectorTest, S10_ManyPiecesArriveInOrderAndTheListIsLeftEmpty, ForgetsAByte, "not true")

CONTRACT(VectorTest, S10_LeadingEmptyPiecesAreNoObstacle) {
  Bed<B> bed;
  Line<B> line(bed);
  std::vector<size_t> sizes(2100, 0);
  sizes.push_back(100);
  auto bytes = Pattern(100);
  std::vector<std::byte> received(100);
  Pieces out(bytes, sizes);
  MUST(WriteAll(bed, line.end, out) >= 1);
  MUST(Pull(*line.peer, received) == 100);
  MUST(IsPattern(received, 0));
  // Likewise for what is received.
  const std::array<size_t, 4> in_sizes = {0, 0, 60, 40};
  received.assign(100, std::byte{0});
  Pieces in(received, in_sizes);
  Push(*line.peer, bytes);
  Readv(line.end, in.message, in.count());
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.n == 100);
  MUST(IsPattern(received, 0));
  return bed.verdict();
}

CONTRACT(VectorTest, S10_WhatIsThereFillsTheFirstPieces) {
  Bed<B> bed;
  Line<B> line(bed);
  const std::array<size_t, 3> sizes = {10, 20, 30};
  for (const bool waits : {true, false}) {
    std::vector<std::byte> received(60, std::byte{0xa5});
    Pieces pieces(received, sizes);
    if (waits) {
      Readv(line.end, pieces.message, pieces.count());
      bed.PollInVain();
      MUST(line.end.in.pending());
    }
    Push(*line.peer, Pattern(25));
    if (!waits) Readv(line.end, pieces.message, pieces.count());
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.n == 25);
    MUST(IsPattern({received.data(), 25}, 0));
    for (const std::byte b : std::span(received).subspan(25)) MUST(b == std::byte{0xa5});
  }
  return bed.verdict();
}

CONTRACT(VectorTest, S10_NoBytesEndAtOnceWhateverThePeer) {
  Bed<B> bed;
  const std::array<size_t, 3> sizes = {0, 0, 0};
  Line<B> line(bed);
  for (const bool peer_is_gone : {false, true}) {
    if (peer_is_gone) line.peer.Close();
    for (const size_t count : {size_t{0}, sizes.size()}) {
      Pieces in({}, std::span(sizes).first(count)), out({}, std::span(sizes).first(count));
      Readv(line.end, in.message, in.count());
      Writev(line.end, out.message, out.count());
      MUST(bed.PollUntilEnded(line.end.in) && bed.PollUntilEnded(line.end.out));
      MUST(line.end.in.result.ok() && line.end.in.result.n == 0);
      MUST(line.end.out.result.ok() && line.end.out.result.n == 0);
    }
  }
  return bed.verdict();
}

CONTRACT(VectorTest, S10_TheEndOfTheStream) {
  Bed<B> bed;
  Line<B> line(bed);
  std::vector<std::byte> received(20);
  const std::array<size_t, 2> sizes = {10, 10};
  Pieces pieces(received, sizes);
  MUST(ShutdownSend(*line.peer).ok());
  for (int i = 0; i < 2; ++i) {
    Readv(line.end, pieces.message, pieces.count());
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.ok() && line.end.in.result.n == 0);
  }
  return bed.verdict();
}

// Large pieces against a reader with small ones: sends end short, in the middle of a piece.
CONTRACT(VectorTest, S10_PartialSendsLoseNothing) {
  Bed<B> bed;
  for (const Transport transport : {Transport::kTcp4, Transport::kUnix}) {
    Connection<B> c(bed, NewPair(transport));
    constexpr size_t kTotal = size_t{4} << 20;
    auto bytes = Pattern(kTotal);
    std::vector<std::byte> received(30'000);
    Pieces out(bytes, std::vector<size_t>(64, kTotal / 64));
    Pieces in(received, std::vector<size_t>{1, 0, 999, 29'000});
    uint64_t place = 0;
    bool right = true;
    c.server.in.then = [&](Call<B>& call) {
      const auto n = static_cast<size_t>(call.result.n);
      right = right && call.result.ok() && IsPattern({received.data(), n}, place);
      place += n;
      if (n > 0) Readv(c.server, in.message, in.count());
    };
    Readv(c.server, in.message, in.count());
    MUST(WriteAll(bed, c.client, out) >= 1);
    MUST(ShutdownSend(c.client.handle()).ok());
    MUST(bed.PollUntilEnded(c.server.in));
    MUST(right);
    MUST(place == kTotal);
  }
  return bed.verdict();
}
CATCHES(VectorTest, S10_PartialSendsLoseNothing, ForgetsAByte, "not true")

CONTRACT(VectorTest, S12_ASendToADeadPeerIsAnErrorAndNoSignal) {
  Bed<B> bed;
  for (const Transport transport : {Transport::kTcp4, Transport::kUnix}) {
    Line<B> line(bed, NewPair(transport));
    line.peer.Close();
    auto bytes = Pattern(1000);
    bool failed = false;
    for (int i = 0; i < 3; ++i) {
      Pieces pieces(bytes, std::vector<size_t>{500, 500});
      Writev(line.end, pieces.message, pieces.count());
      MUST(bed.PollUntilEnded(line.end.out));
      const Result r = line.end.out.result;
      failed = !r.ok();
      MUST(r.ok() || r.err == Errc::kReset || r.err == Errc::kShutdown);
      MUST(r.ok() || r.os != 0);
    }
    MUST(failed);
  }
  return bed.verdict();
}

CONTRACT(VectorTest, S13_CancelsTellWhatWasMoved) {
  if (kHolds<B>) return NotApplicable(kHeld);
  Bed<B> bed;
  Connection<B> c(bed);
  std::vector<std::byte> chunk(256 << 10), received(64 << 10);
  const std::array<size_t, 2> sizes = {100, 200};
  Pieces in(received, sizes);
  Readv(c.client, in.message, in.count());
  bed.PollInVain();
  c.client.Cancel(c.client.in);
  MUST(bed.PollUntilEnded(c.client.in));
  MUST(c.client.in.result.err == Errc::kCanceled && c.client.in.result.n == 0);
  // A send blocks; it is canceled, and what the peer then reads is what was told.
  uint64_t sent = FillUntilBlocked(bed, c.client, chunk);
  c.client.Cancel(c.client.out);
  MUST(bed.PollUntilEnded(c.client.out));
  sent += static_cast<uint64_t>(c.client.out.result.n);
  FillPattern(chunk, sent);
  Pieces out(chunk, std::vector<size_t>(2, 128 << 10));
  Writev(c.client, out.message, out.count());
  bed.PollInVain();
  c.client.Cancel(c.client.out);
  MUST(bed.PollUntilEnded(c.client.out));
  MUST(c.client.out.result.ok() || c.client.out.result.err == Errc::kCanceled);
  sent += static_cast<uint64_t>(c.client.out.result.n);
  MUST(ShutdownSend(c.client.handle()).ok());
  uint64_t place = 0;
  do {
    c.server.Recv(received);
    MUST(bed.PollUntilEnded(c.server.in));
    MUST(c.server.in.result.ok());
    const auto n = static_cast<size_t>(c.server.in.result.n);
    MUST(IsPattern({received.data(), n}, place));
    place += n;
  } while (c.server.in.result.n > 0);
  MUST(place == sent);
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
