// SPDX-License-Identifier: Apache-2.0
// What each answer allocates for a read, per context and kind of frame, is what its file says; the
// reference nothing.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include "impl/ws_frames/background.h"
#include "impl/ws_frames/baseline.h"
#include "impl/ws_frames/closure_free.h"
#include "impl/ws_frames/floor.h"
#include "impl/ws_frames/reference.h"
#include "suites/ws_frames/frame_reads.h"
#include "suites/ws_frames/ws_fixture.h"

namespace tare::suites::ws_frames {
namespace {

namespace ws = io::ws_frames;
using io::Errc;
using io::Result;

class AllocTest : public WsTest {};

constexpr int kRuns = 1000;

// The allocations of `kRuns` operations of this kind, which must all go well.
template <class A, FrameKind kKind, ContextKind kContext>
AllocCount AllocsOf() {
  FrameReads<A, kKind, kContext> reads;
  EXPECT_EQ(reads.Open(), "");
  EXPECT_EQ(reads.Check(), "");
  bool good = true;
  const AllocScope scope;
  for (int i = 0; i < kRuns; ++i) good = good && reads.One();
  const AllocCount count = scope.Delta();
  EXPECT_TRUE(good);
  return count;
}

// One line of the table: per header, payload, masked frame and ping.
struct Expected {
  uint64_t header, payload, masked, ping;
};

template <class A, ContextKind kContext>
void ExpectAllocs(const char* name, const Expected& expected) {
  SCOPED_TRACE(name);
  const AllocCount header = AllocsOf<A, FrameKind::kHeader, kContext>();
  const AllocCount payload = AllocsOf<A, FrameKind::kPayload512, kContext>();
  const AllocCount masked = AllocsOf<A, FrameKind::kMasked512, kContext>();
  const AllocCount ping = AllocsOf<A, FrameKind::kPing, kContext>();
  if (!AllocsAreCounted()) return;
  EXPECT_EQ(header.allocs, kRuns * expected.header);
  EXPECT_EQ(payload.allocs, kRuns * expected.payload);
  EXPECT_EQ(masked.allocs, kRuns * expected.masked);
  EXPECT_EQ(ping.allocs, kRuns * expected.ping);
  EXPECT_EQ(ping.frees, ping.allocs);
}

TEST_F(AllocTest, WS_24_NothingUnderAContextThatCannotEnd) {
  ExpectAllocs<ws::FrameReader, ContextKind::kNone>("reference", {0, 0, 0, 0});
  ExpectAllocs<ws::Floor, ContextKind::kNone>("floor", {0, 0, 0, 0});
}

TEST_F(AllocTest, WS_25_WS_26_NothingUnderAnyOtherNorForControlFrames) {
  ExpectAllocs<ws::FrameReader, ContextKind::kDeadline>("deadline", {0, 0, 0, 0});
  ExpectAllocs<ws::FrameReader, ContextKind::kCancellable>("cancellable", {0, 0, 0, 0});
}

// The lists in baseline.h, closure_free.h, background.h and published.h.
TEST_F(AllocTest, SD_3_01_SD_3_02_WhatThePublishedAnswersAllocateIsWhatTheirFilesName) {
  ExpectAllocs<ws::Baseline, ContextKind::kNone>("baseline, none", {6, 6, 12, 14});
  ExpectAllocs<ws::Baseline, ContextKind::kDeadline>("baseline, deadline", {6, 6, 12, 14});
  ExpectAllocs<ws::Baseline, ContextKind::kCancellable>("baseline, cancellable", {6, 6, 12, 14});
  ExpectAllocs<ws::ClosureFree, ContextKind::kNone>("closure_free, none", {4, 4, 8, 10});
  ExpectAllocs<ws::ClosureFree, ContextKind::kDeadline>("closure_free, deadline", {4, 4, 8, 10});
  ExpectAllocs<ws::ClosureFree, ContextKind::kCancellable>("closure_free, canc.", {4, 4, 8, 10});
  ExpectAllocs<ws::Background, ContextKind::kNone>("background, none", {0, 0, 0, 6});
  ExpectAllocs<ws::Background, ContextKind::kDeadline>("background, deadline", {4, 4, 8, 10});
  ExpectAllocs<ws::Background, ContextKind::kCancellable>("background, canc.", {4, 4, 8, 10});
}

// All kinds of frames in turn, each under another context than the one before, from the first on.
TEST_F(AllocTest, WS_24_WS_25_WS_26_AMillionMixedFrames) {
  const Bytes payload = Noise(600, 1);
  Bytes wire;
  const auto add = [&wire](uint8_t first, std::span<const std::byte> of) {
    const Bytes frame = Wire(first, of.size(), 0x01020304 + first, of);
    wire.insert(wire.end(), frame.begin(), frame.end());
  };
  const Bytes text = BytesOf("plain, \xC3\xA9, and more of it");
  add(0x82, payload);
  add(0x01, text);
  add(0x89, std::span(payload).first(125));
  add(0x00, {});
  add(0x8A, std::span(payload).first(7));
  add(0x80, text);
  add(0x82, std::span(payload).first(1));
  io::Timers timers;
  constexpr int64_t kHour = int64_t{3600} * 1'000'000'000;
  ws::Context cancellable, deadline(timers, io::Now().Plus(kHour));
  std::array<ws::Context*, 3> contexts{&ws::Context::None(), &cancellable, &deadline};
  std::array<std::byte, 4096> to;
  ws::FrameReader reader(timers);
  ws::Header header;
  reader.Open(ws::Role::kServer, {});
  int wrong = 0;
  const AllocScope scope;
  for (size_t i = 0; i < 1'000'000; ++i) {
    ws::Context& context = *contexts[i % 3];
    if (reader.hungry()) reader.Feed(wire);
    Result r = reader.ReadHeader(context, header);
    wrong += !r.ok();
    r = IsControl(header.opcode()) ? reader.ReadControl(context, header, to)
                                   : reader.ReadPayload(context, to);
    wrong += !r.ok() || r.n != static_cast<int64_t>(header.length);
  }
  const AllocCount count = scope.Delta();
  EXPECT_EQ(wrong, 0);
  if (!AllocsAreCounted()) return;
  EXPECT_EQ(count.allocs, 0u);
  EXPECT_EQ(count.frees, 0u);
}

// The negative control: the reference, and an allocation in every other read.
class Planted : public ws::FrameReader {
 public:
  using FrameReader::FrameReader;

  Result ReadHeader(ws::Context& context, ws::Header& header) {
    void* volatile plant = ++reads_ % 2 == 0 ? std::malloc(24) : nullptr;
    std::free(plant);
    return FrameReader::ReadHeader(context, header);
  }

 private:
  int reads_ = 0;
};

TEST_F(AllocTest, AL_06_APlantedAllocationIsSeen) {
  const AllocCount count = AllocsOf<Planted, FrameKind::kMasked512, ContextKind::kNone>();
  if (!AllocsAreCounted() || AllocScope::Covers() == "new") return;
  EXPECT_EQ(count.allocs, kRuns / 2u);
}

}  // namespace
}  // namespace tare::suites::ws_frames
