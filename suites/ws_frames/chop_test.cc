// SPDX-License-Identifier: Apache-2.0
// However a stream is cut, it says the same, and what the naive parser says it says.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "suites/ws_frames/events.h"
#include "suites/ws_frames/stream_maker.h"
#include "suites/ws_frames/ws_fixture.h"

namespace tare::suites::ws_frames {
namespace {

using io::ws_frames::Limits;
using io::ws_frames::Role;

class ChopTest : public WsTest {};

TEST_F(ChopTest, WS_16_WS_34_EveryCutOfEveryStreamGivesTheSameEvents) {
  Limits limits;
  limits.message = 5000;
  int failed = 0, closed = 0, messages = 0;
  for (uint64_t seed = 0; seed < 4000; ++seed) {
    StreamMaker maker(seed);
    const Bytes stream = maker.Make();
    const Events naive = NaiveEvents(maker.role(), limits, stream);
    const Events bytewise = ReferenceEvents(maker.role(), limits, stream, std::array{size_t{1}}, 7);
    ASSERT_EQ(bytewise, naive) << "seed " << seed;
    std::mt19937_64 random(seed);
    std::vector<size_t> at_random(20);
    for (size_t& n : at_random) n = 1 + random() % 300;
    const std::vector<size_t> cuts[] = {{2},          {3},    {7},       {127},
                                        {1, 2, 3, 5}, {4096}, at_random, {stream.size() + 1}};
    for (const auto& pieces : cuts) {
      for (const size_t room : {size_t{1}, size_t{64}, size_t{8192}}) {
        ASSERT_EQ(ReferenceEvents(maker.role(), limits, stream, pieces, room).events, naive.events)
            << "seed " << seed << ", pieces of " << pieces.front() << ", room " << room;
      }
    }
    failed += naive.events.back().kind == Event::Kind::kFailed;
    closed += naive.events.back().kind == Event::Kind::kClosed;
    messages += static_cast<int>(naive.events.size()) - 1;
  }
  // The corpus is one of all kinds.
  EXPECT_GT(failed, 500);
  EXPECT_GT(closed, 200);
  EXPECT_GT(messages, 5000);
}

// Cut in two at every single place.
TEST_F(ChopTest, WS_16_CutInTwoAnywhere) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    StreamMaker maker(seed);
    const Bytes stream = maker.Make();
    const Events naive = NaiveEvents(maker.role(), {}, stream);
    for (size_t cut = 1; cut < stream.size(); ++cut) {
      const std::array pieces{cut, stream.size()};
      ASSERT_EQ(ReferenceEvents(maker.role(), {}, stream, pieces).events, naive.events)
          << "seed " << seed << ", cut at " << cut;
    }
  }
}

// The comparison sees a parser that is wrong: here about one bit of what it was given.
TEST_F(ChopTest, ADifferenceIsSeen) {
  int seen = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    StreamMaker maker(seed);
    Bytes stream = maker.Make();
    const Events right = NaiveEvents(maker.role(), {}, stream);
    stream[stream.size() / 2] ^= std::byte{0x10};
    seen += !(ReferenceEvents(maker.role(), {}, stream, std::array{size_t{1}}) == right);
  }
  EXPECT_GT(seen, 50);  // the others had ended before that
}

}  // namespace
}  // namespace tare::suites::ws_frames
