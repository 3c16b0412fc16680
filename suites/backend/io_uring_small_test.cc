// SPDX-License-Identifier: Apache-2.0
// io_uring with queues that are full: what is in line is neither lost nor stuck (RS-10).
#include <array>
#include <memory>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/kinds.h"
#include "suites/backend/small_ring.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

template <class B>
class SmallRingTest : public testing::Test {};
using SmallRings = testing::Types<IoUringIn<Small<false>>, IoUringIn<Small<true>>>;
TYPED_TEST_SUITE(SmallRingTest, SmallRings);

template <class B>
using Lines = std::vector<std::unique_ptr<Line<B>>>;

template <class B>
Lines<B> NewLines(Bed<B>& bed, int count) {
  Lines<B> lines;
  for (int i = 0; i < count; ++i) lines.push_back(std::make_unique<Line<B>>(bed));
  return lines;
}

constexpr int kMany = 200;
using Buffers = std::vector<std::array<std::byte, 64>>;

TYPED_TEST(SmallRingTest, RS_10_FullQueuesLoseNothing) {
  if (CannotRun<TypeParam>()) return;
  Buffers buffers(kMany);
  Bed<TypeParam> bed;
  const auto lines = NewLines(bed, kMany);
  const auto answer = Pattern(10);
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 0; i < kMany; ++i) {
      lines[i]->end.Recv(buffers[i]);
      lines[i]->end.Send(answer);
    }
    // All of them complete before anyone looks.
    if (round % 2 == 0) (void)bed.Poll(Deadline::Past());
    for (size_t i = 0; i < kMany; ++i) Push(*lines[i]->peer, Pattern(64, i));
    for (size_t i = 0; i < kMany; ++i) {
      Line<TypeParam>& line = *lines[i];
      ASSERT_TRUE(bed.PollUntilEnded(line.end.in) && bed.PollUntilEnded(line.end.out)) << i;
      EXPECT_EQ(line.end.in.result.n, 64);
      EXPECT_EQ(line.end.out.result.n, 10);
      EXPECT_TRUE(IsPattern(buffers[i], i));
    }
  }
  bed.PollInVain();
  for (const auto& line : lines) {
    EXPECT_EQ(line->end.in.ended, 5);
    EXPECT_EQ(line->end.out.ended, 5);
  }
  EXPECT_EQ(bed.verdict(), "");
}

TYPED_TEST(SmallRingTest, RS_10_WhatIsInLineCanBeCanceled) {
  if (CannotRun<TypeParam>()) return;
  Buffers buffers(kMany);
  Bed<TypeParam> bed;
  const auto lines = NewLines(bed, kMany);
  for (const bool poll_first : {false, true}) {
    for (size_t i = 0; i < kMany; ++i) lines[i]->end.Recv(buffers[i]);
    if (poll_first) bed.PollInVain();
    for (const auto& line : lines) line->end.Cancel(line->end.in);
    for (const auto& line : lines) {
      ASSERT_TRUE(bed.PollUntilEnded(line->end.in));
      EXPECT_EQ(line->end.in.result.err, Errc::kCanceled);
    }
  }
  // Every second one only, and the others receive.
  for (size_t i = 0; i < kMany; ++i) lines[i]->end.Recv(buffers[i]);
  for (size_t i = 0; i < kMany; i += 2) lines[i]->end.Cancel(lines[i]->end.in);
  for (size_t i = 1; i < kMany; i += 2) Push(*lines[i]->peer, Pattern(64, i));
  for (size_t i = 0; i < kMany; ++i) {
    ASSERT_TRUE(bed.PollUntilEnded(lines[i]->end.in));
    EXPECT_EQ(lines[i]->end.in.result.ok(), i % 2 == 1) << i;
    EXPECT_EQ(lines[i]->end.in.ended, 3);
  }
  EXPECT_EQ(bed.verdict(), "");
}

// Its op has received before there was room for the cancel: what is started next is not canceled.
TYPED_TEST(SmallRingTest, RS_10_ACancelThatIsOwedEndsWithItsOp) {
  if (CannotRun<TypeParam>()) return;
  Buffers buffers(kMany);
  Bed<TypeParam> bed;
  const auto lines = NewLines(bed, kMany);
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 0; i < kMany; ++i) lines[i]->end.Recv(buffers[i]);
    bed.PollInVain();
    for (const auto& line : lines) line->end.Cancel(line->end.in);
    for (const auto& line : lines) Push(*line->peer, Pattern(64));
    for (size_t i = 0; i < kMany; ++i) {
      ASSERT_TRUE(bed.PollUntilEnded(lines[i]->end.in));
      if (lines[i]->end.in.result.ok()) Push(*lines[i]->peer, Pattern(64));
      lines[i]->end.Recv(buffers[i]);
    }
    for (size_t i = 0; i < kMany; ++i) {
      ASSERT_TRUE(bed.PollUntilEnded(lines[i]->end.in));
      EXPECT_TRUE(lines[i]->end.in.result.ok()) << i;
    }
  }
  EXPECT_EQ(bed.verdict(), "");
}

TYPED_TEST(SmallRingTest, RS_10_OpsThatRestartThemselves) {
  if (CannotRun<TypeParam>()) return;
  Bed<TypeParam> bed;
  Buffers buffers(kMany);
  const auto lines = NewLines(bed, kMany);
  std::vector<uint64_t> places(kMany, 0);
  bool right = true;
  for (size_t i = 0; i < kMany; ++i) {
    lines[i]->end.in.then = [&, i](Call<TypeParam>& call) {
      const auto n = static_cast<size_t>(call.result.n);
      right = right && IsPattern({buffers[i].data(), n}, places[i], i);
      places[i] += n;
      if (n > 0) lines[i]->end.Recv(buffers[i]);
    };
    lines[i]->end.Recv(buffers[i]);
  }
  for (size_t i = 0; i < kMany; ++i) {
    Push(*lines[i]->peer, Pattern(1000, 0, i));
    (void)ShutdownSend(*lines[i]->peer);
  }
  for (size_t i = 0; i < kMany; ++i) {
    ASSERT_TRUE(bed.PollUntil([&] { return !lines[i]->end.in.pending(); }));
    EXPECT_EQ(places[i], 1000u);
  }
  EXPECT_TRUE(right);
  EXPECT_EQ(bed.verdict(), "");
}

// The read of the eventfd has to be armed anew after each wake, and finds no room then: whoever
// waits for more than the submission queue holds is woken all the same, and again.
TYPED_TEST(SmallRingTest, RS_10_AWakeComesAlsoWhileTheQueueIsFull) {
  if (CannotRun<TypeParam>()) return;
  Buffers buffers(kMany);
  Bed<TypeParam> bed;
  const auto lines = NewLines(bed, kMany);
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < kMany; ++i) lines[i]->end.Recv(buffers[i]);
    for (int wake = 0; wake < 3; ++wake) {
      bed.backend.Wake();
      const Deadline give_up = Now().Plus(20 * kSecond);
      (void)bed.Poll(give_up);
      ASSERT_FALSE(HasPassed(give_up)) << "wake " << wake << " of round " << round;
    }
    for (size_t i = 0; i < kMany; ++i) lines[i]->end.Cancel(lines[i]->end.in);
    for (const auto& line : lines) ASSERT_TRUE(bed.PollUntilEnded(line->end.in));
  }
  EXPECT_EQ(bed.verdict(), "");
}

}  // namespace
}  // namespace tare::io::contract
