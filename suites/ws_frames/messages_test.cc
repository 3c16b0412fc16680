// SPDX-License-Identifier: Apache-2.0
// Every answer of the rows over sockets, ours and the peers', brings every message back; what it
// does wrong is seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "impl/backend/backends.h"
#include "impl/ws_frames/message_floor.h"
#include "impl/ws_frames/messages.h"
#include "suites/ws_frames/beast.h"
#include "suites/ws_frames/message_trips.h"
#include "suites/ws_frames/ws_fixture.h"
#include "suites/ws_frames/wslay.h"

namespace tare::suites {
namespace {

using testing::StartsWith;
using ws_frames::NotApplicable;

template <class List>
struct AnswersOver;
template <class... B>
struct AnswersOver<io::BackendList<B...>> {
  using Types = testing::Types<io::ws_frames::MessageFloor, BeastMessages, WslayMessages,
                               io::ws_frames::MessageEcho<B>...>;
};
using Answers = AnswersOver<io::Backends>::Types;

template <class A>
class MessagesTest : public testing::Test {
 public:
  static bool IsHere() {
    if (const char* why = A::WhyNot()) {
      NotApplicable(why);
      return false;
    }
    return true;
  }
};
TYPED_TEST_SUITE(MessagesTest, Answers);

// Every form of a length, and more than sockets and buffers take at once.
TYPED_TEST(MessagesTest, ComeBackAtEverySize) {
  if (!this->IsHere()) return;
  for (const int64_t size : {1, 125, 126, 4096, 65535, 65536, 1 << 20, 5 << 20}) {
    SCOPED_TRACE(size);
    MessageTrips<TypeParam> trips(Row{{"size", size}});
    ASSERT_EQ(trips.Open(), "");
    EXPECT_EQ(trips.Check(), "");
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(trips.Trip()) << trips.Error();
    EXPECT_EQ(trips.Check(), "") << "after further trips";
  }
}

// The plant: the message of the first trip, which is right once.
template <class A>
struct Stale : A {
  std::span<const std::byte> Received() noexcept {
    const auto got = A::Received();
    if (bytes.empty()) bytes.assign(got.begin(), got.end());
    return bytes;
  }
  std::vector<std::byte> bytes;
};

TYPED_TEST(MessagesTest, AnotherMessageIsSeen) {
  if (!this->IsHere()) return;
  MessageTrips<Stale<TypeParam>> trips(Row{{"size", 512}});
  ASSERT_EQ(trips.Open(), "");
  EXPECT_THAT(trips.Check(), StartsWith("another message came back: of 512 bytes"));
}

TYPED_TEST(MessagesTest, AConnectionThatHasEndedIsTold) {
  if (!this->IsHere()) return;
  for (const bool at_server : {true, false}) {
    SCOPED_TRACE(at_server);
    io::Pair pair;
    ASSERT_TRUE(io::TcpPairs({&pair, 1}).ok());
    TypeParam answer;
    ASSERT_TRUE(answer.Open(pair, 512).ok());
    ASSERT_TRUE(answer.Trip().ok());
    ASSERT_TRUE(io::ShutdownSend(at_server ? pair.server : pair.client).ok());
    EXPECT_FALSE(answer.Trip().ok());
    answer.Close();
    answer.Close();
  }
}

}  // namespace
}  // namespace tare::suites
