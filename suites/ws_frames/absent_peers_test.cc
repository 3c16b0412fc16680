// SPDX-License-Identifier: Apache-2.0
// Built without their packages, the peers say so, and do nothing else.
#include <gtest/gtest.h>

#include <array>

#include "suites/ws_frames/beast.h"
#include "suites/ws_frames/wslay.h"

namespace tare::suites {
namespace {

TEST(AbsentPeersTest, SayWhy) {
  EXPECT_STREQ(Beast::WhyNot(), "built without libboost-dev");
  EXPECT_STREQ(BeastMessages::WhyNot(), "built without libboost-dev");
  EXPECT_STREQ(Wslay::WhyNot(), "built without libwslay-dev");
  EXPECT_STREQ(WslayUnbuffered::WhyNot(), "built without libwslay-dev");
  EXPECT_STREQ(WslayMessages::WhyNot(), "built without libwslay-dev");
}

TEST(AbsentPeersTest, CannotBeOpened) {
  io::Timers timers;
  std::array<std::byte, 8> bytes{};
  Beast beast(timers);
  Wslay wslay(timers);
  EXPECT_EQ(beast.Open(bytes, 8).err, io::Errc::kUnsupported);
  EXPECT_EQ(beast.ReadMessage(bytes).err, io::Errc::kUnsupported);
  EXPECT_EQ(wslay.Open(bytes, 8).err, io::Errc::kUnsupported);
}

template <class Messages>
class AbsentMessagesTest : public testing::Test {};
using AbsentMessages = testing::Types<BeastMessages, WslayMessages>;
TYPED_TEST_SUITE(AbsentMessagesTest, AbsentMessages);

TYPED_TEST(AbsentMessagesTest, CannotBeOpenedAndCloseTheirHandles) {
  io::Pair pair;
  ASSERT_TRUE(io::TcpPairs({&pair, 1}).ok());
  TypeParam messages;
  EXPECT_EQ(messages.Open(pair, 8).err, io::Errc::kUnsupported);
  EXPECT_EQ(messages.Trip().err, io::Errc::kUnsupported);
  EXPECT_FALSE(io::ShutdownSend(pair.client).ok());
}

}  // namespace
}  // namespace tare::suites
