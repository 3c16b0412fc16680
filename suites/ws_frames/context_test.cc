// SPDX-License-Identifier: Apache-2.0
// Contexts, and reads whose context ends: rows WS-22 to WS-27 from memory.
#include "impl/ws_frames/context.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include "impl/ws_frames/reference.h"
#include "suites/ws_frames/wire.h"
#include "suites/ws_frames/ws_fixture.h"

namespace tare::suites::ws_frames {
namespace {

using io::Deadline;
using io::Errc;
using io::Now;
using io::Timers;
using io::ws_frames::Context;
using io::ws_frames::FrameReader;
using io::ws_frames::Header;
using io::ws_frames::Role;

constexpr int64_t kHour = int64_t{3600} * 1'000'000'000;

class ContextTest : public WsTest {
 public:
  struct CountingLink : Context::Link {
    CountingLink() : Link([](Link& l) noexcept { ++static_cast<CountingLink&>(l).wakes; }) {}
    std::atomic<int> wakes{0};
  };

  ContextTest() { reader.Open(Role::kServer, {}); }

  // Frames of one byte each, twenty of them.
  const Bytes wire = [] {
    Bytes all;
    for (int i = 0; i < 20; ++i) {
      const Bytes one = Wire(0x82, 1, 0x01020304, BytesOf("x"));
      all.insert(all.end(), one.begin(), one.end());
    }
    return all;
  }();
  Timers timers;
  FrameReader reader{timers};
  Header header;
  std::array<std::byte, 125> to;
};

TEST_F(ContextTest, EndsOnceAndStaysEnded) {
  Context context;
  EXPECT_EQ(context.why(), Errc::kOk);
  context.Cancel();
  context.Cancel();
  EXPECT_EQ(context.why(), Errc::kCanceled);
  Context::None().Cancel();
  EXPECT_EQ(Context::None().why(), Errc::kOk);
}

TEST_F(ContextTest, DL_09_ADeadlineThatHasPassedEndsItAtOnceAndOneThatComesWhenItComes) {
  Context past(timers, Deadline::Past()), now(timers, Now());
  EXPECT_EQ(past.why(), Errc::kTimeout);
  EXPECT_EQ(now.why(), Errc::kTimeout);
  const Deadline soon = Now().Plus(kHour);
  Context later(timers, soon), never(timers, Deadline::Never());
  EXPECT_EQ(timers.FireDue(Deadline{soon.ns - 1}), 0);
  EXPECT_EQ(later.why(), Errc::kOk);
  EXPECT_EQ(timers.FireDue(soon), 1);
  EXPECT_EQ(later.why(), Errc::kTimeout);
  EXPECT_EQ(never.why(), Errc::kOk);
  { Context gone(timers, soon.Plus(1)); }
  EXPECT_TRUE(timers.empty());
}

TEST_F(ContextTest, WakesWhoIsLinkedAndNobodyElse) {
  auto context = std::make_unique<Context>();
  Context other;
  CountingLink stays, leaves, moves, never;
  for (CountingLink* link : {&stays, &leaves, &moves}) link->MoveTo(*context);
  leaves.Leave();
  moves.MoveTo(other);
  never.MoveTo(Context::None());
  context->Cancel();
  context->Cancel();
  EXPECT_EQ(stays.wakes, 1);
  EXPECT_EQ(leaves.wakes + moves.wakes + never.wakes, 0);
  EXPECT_EQ(stays.context(), context.get());
  context.reset();
  EXPECT_EQ(stays.context(), nullptr);
  other.Cancel();
  EXPECT_EQ(moves.wakes, 1);
}

TEST_F(ContextTest, ALinkLeavesTheMiddleAndBothEnds) {
  for (int out = 0; out < 3; ++out) {
    Context context;
    std::array<CountingLink, 3> links;
    for (CountingLink& link : links) link.MoveTo(context);
    links[static_cast<size_t>(out)].Leave();
    context.Cancel();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(links[static_cast<size_t>(i)].wakes, i == out ? 0 : 1);
  }
}

// Contexts die on one thread while links leave them on another, and others end them.
TEST_F(ContextTest, LinksAndContextsMayGoAtTheSameTime) {
  for (int round = 0; round < 2000; ++round) {
    auto context = std::make_unique<Context>();
    Context next;
    CountingLink link;
    link.MoveTo(*context);
    std::atomic<int> ready{0};
    std::thread ends([&] {
      ++ready;
      while (ready != 2) std::this_thread::yield();
      context->Cancel();
      context.reset();
    });
    ++ready;
    while (ready != 2) std::this_thread::yield();
    link.MoveTo(next);
    const int wakes = link.wakes;
    ends.join();
    EXPECT_EQ(link.wakes, wakes) << "after it had left";
    EXPECT_EQ(link.context(), &next);
  }
}

TEST_F(ContextTest, WS_22_WS_27_AnEndedContextEndsHeaderAndPayloadReadsAlike) {
  reader.Feed(wire);
  Context ended, good;
  ended.Cancel();
  EXPECT_EQ(reader.ReadHeader(ended, header).err, Errc::kCanceled);
  // It never began, so nothing was consumed, and the connection is as good as before.
  ASSERT_TRUE(reader.ReadHeader(good, header).ok());
  EXPECT_EQ(reader.ReadPayload(ended, to).err, Errc::kCanceled);
  EXPECT_EQ(reader.ReadPayload(good, to).n, 1);
  EXPECT_EQ(to[0], std::byte{'x'});
}

// Peer's close, cancel, close, input and output: all pairs, in header and payload reads.
TEST_F(ContextTest, WS_27_PrecedenceIsTheSameInHeaderAndPayloadReads) {
  const Bytes close = Wire(0x88, 0, 1, {});
  for (int which = 0; which < 16; ++which) {
    const bool peer = which & 1, cancel = which & 2, closed = which & 4, io_error = which & 8;
    Context context;
    reader.Open(Role::kServer, {});
    reader.Feed(close);
    if (io_error) reader.End(Errc::kReset);
    if (peer && !io_error) {
      ASSERT_TRUE(reader.ReadHeader(Context::None(), header).ok());
      ASSERT_TRUE(reader.ReadControl(Context::None(), header, to).ok());
    }
    if (closed) reader.End(Errc::kClosed);
    if (cancel) context.Cancel();
    if (peer && io_error) continue;  // after an error nothing is parsed any more
    const Errc expected = peer       ? Errc::kEof
                          : cancel   ? Errc::kCanceled
                          : closed   ? Errc::kClosed
                          : io_error ? Errc::kReset
                                     : Errc::kOk;
    EXPECT_EQ(reader.ReadPayload(context, to).err, expected) << which;
    EXPECT_EQ(reader.ReadHeader(context, header).err, expected) << which;
  }
}

// A cancel that meets the end of a read that went well, from another thread.
TEST_F(ContextTest, WS_23_ACancelAfterASuccessfulReadChangesNothing) {
  constexpr int kRounds = 30'000;
  std::array<Context, 8> contexts;
  std::atomic<int> read{0}, canceled{0};
  std::thread cancels([&] {
    for (int i = 0; i < kRounds; ++i) {
      while (read.load(std::memory_order_acquire) <= i) std::this_thread::yield();
      contexts[static_cast<size_t>(i % 8)].Cancel();
      canceled.store(i + 1, std::memory_order_release);
    }
  });
  int wrong = 0;
  for (int i = 0; i < kRounds; ++i) {
    // A new context in the place of one that was cancelled long ago.
    while (i - canceled.load(std::memory_order_acquire) > 6) std::this_thread::yield();
    Context& context = contexts[static_cast<size_t>(i % 8)];
    std::destroy_at(&context);
    std::construct_at(&context);
    if (reader.hungry()) reader.Feed(wire);
    wrong += !reader.ReadHeader(context, header).ok();
    wrong += reader.ReadPayload(context, to).n != 1;
    read.store(i + 1, std::memory_order_release);
  }
  cancels.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(reader.ended(), Errc::kOk);
}

}  // namespace
}  // namespace tare::suites::ws_frames
