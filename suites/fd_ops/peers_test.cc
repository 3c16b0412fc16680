// SPDX-License-Identifier: Apache-2.0
// The peers answer every exchange, are counted like ours, and what they do wrong is reported and
// never timed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suites/fd_ops/alloc_fixture.h"
#include "suites/fd_ops/peers_fixture.h"

namespace tare::suites {
namespace {

using google_benchmark::Skip;
using google_benchmark::SkipMessageOf;
using google_benchmark::SkipOf;
using io::fd_ops::AllocsAreCounted;
using io::fd_ops::AllocsOf;
using io::fd_ops::kExchanges;
using io::fd_ops::MakeTrips;
using testing::StartsWith;

template <class V>
class PeerTest : public testing::Test {
 public:
  // Says so where the peer is not here.
  static bool IsHere() {
    if (const char* why = V::WhyNot()) {
      io::fd_ops::NotApplicable(why);
      return false;
    }
    return true;
  }

 private:
  // libuv opens a pair of descriptors for the whole process with its first loop.
  const bool made_once_ = (V(), true);
  io::fd_ops::SameHandles same_handles_;
};
TYPED_TEST_SUITE(PeerTest, AllPeers, PeerNames);

TYPED_TEST(PeerTest, AnswersEveryExchange) {
  if (!this->IsHere()) return;
  for (const auto& of : kExchanges) {
    SCOPED_TRACE(of.name);
    RoundTrips<TypeParam> trips(of.connections, of.exchange);
    ASSERT_EQ(trips.Open(), "");
    EXPECT_EQ(trips.Check(), "");
    EXPECT_EQ(MakeTrips(trips, 3), "");
    EXPECT_EQ(trips.Check(), "") << "after further trips";
  }
}

// The plant: the reply of the trip before, which is right once.
template <class V>
struct Stale : V {
  std::span<const std::byte> Received(int i) noexcept {
    const std::span<const std::byte> got = V::Received(i);
    if (bytes.empty()) bytes.assign(got.begin(), got.end());
    return bytes;
  }
  std::vector<std::byte> bytes;
};

template <class V>
class DialingPeerTest : public PeerTest<V> {};
TYPED_TEST_SUITE(DialingPeerTest, AllDialingPeers, DialingPeerNames);

TYPED_TEST(DialingPeerTest, AnswersOneShots) {
  if (!this->IsHere()) return;
  for (const int connections : {1, 64}) {
    SCOPED_TRACE(connections);
    RoundTrips<TypeParam> trips(static_cast<size_t>(connections), {.active = connections});
    ASSERT_EQ(trips.Open(), "");
    EXPECT_EQ(trips.Check(), "");
    EXPECT_EQ(MakeTrips(trips, 3), "");
    EXPECT_EQ(trips.Check(), "") << "after further trips";
  }
}

// A message that fills the buffer, and one that comes in many pieces.
TYPED_TEST(DialingPeerTest, AnswersMessagesOfEverySize) {
  if (!this->IsHere()) return;
  for (const size_t size : {size_t{1}, size_t{4096}, size_t{1} << 20}) {
    SCOPED_TRACE(size);
    RoundTrips<TypeParam> trips(2,
                                {.size = size, .buf = std::max(size, size_t{4096}), .active = 2});
    ASSERT_EQ(trips.Open(), "");
    EXPECT_EQ(trips.Check(), "");
    EXPECT_EQ(MakeTrips(trips, 3), "");
    EXPECT_EQ(trips.Check(), "") << "after further trips";
  }
}

TYPED_TEST(DialingPeerTest, KnowsTcp4Alone) {
  if (!this->IsHere()) return;
  TypeParam peer;
  EXPECT_EQ(peer.Open(io::Transport::kUnix, {}).err, io::Errc::kUnsupported);
}

TYPED_TEST(DialingPeerTest, AWrongAnswerIsReportedAndNotTimed) {
  if (!this->IsHere()) return;
  const auto run = RunInSuite<Stale<TypeParam>>("stale");
  EXPECT_EQ(SkipOf(run), Skip::kWithError);
  EXPECT_THAT(SkipMessageOf(run), StartsWith("wrong answer on connection 0: 512 bytes came back"));
  EXPECT_EQ(run.iterations, 0);
}

// A connection that ends is told, by either end, and neither hangs nor kills.
TYPED_TEST(PeerTest, SaysThatAConnectionHasEnded) {
  if (!this->IsHere()) return;
  for (const bool at_server : {true, false}) {
    SCOPED_TRACE(at_server);
    io::Pair pair;
    ASSERT_TRUE(io::TcpPairs({&pair, 1}).ok());
    TypeParam peer;
    ASSERT_TRUE(peer.Open({&pair, 1}, {}).ok());
    ASSERT_TRUE(peer.Trip().ok());
    ASSERT_TRUE(io::ShutdownSend(at_server ? pair.server : pair.client).ok());
    EXPECT_FALSE(peer.Trip().ok());
    peer.Close();
    peer.Close();
  }
}

TYPED_TEST(PeerTest, AL_07_AllocatesAsOftenAsWasSeen) {
  if (!this->IsHere()) return;
  // A chain of a buffer for the client's message, and for what each end receives.
  const uint64_t per_trip = std::is_same_v<TypeParam, LibeventBufferevent> ? 3 : 0;
  for (const int connections : {1, 64}) {
    SCOPED_TRACE(connections);
    RoundTrips<TypeParam> trips(static_cast<size_t>(connections), {.active = connections});
    ASSERT_EQ(trips.Open(), "");
    ASSERT_EQ(trips.Check(), "");
    ASSERT_EQ(MakeTrips(trips, 3), "");
    std::string wrong;
    const AllocCount count = AllocsOf([&] { wrong = MakeTrips(trips, 100); });
    EXPECT_EQ(wrong, "");
    if (!AllocsAreCounted()) continue;
    EXPECT_EQ(count.allocs, per_trip * 100 * static_cast<uint64_t>(connections));
    EXPECT_EQ(count.frees, count.allocs);
  }
}

TYPED_TEST(PeerTest, IsTimedInASuite) {
  if (!this->IsHere()) return;
  const auto run = RunInSuite<TypeParam>("right");
  EXPECT_EQ(SkipOf(run), Skip::kNo) << SkipMessageOf(run);
  EXPECT_GT(run.iterations, 0);
}

TYPED_TEST(PeerTest, AWrongAnswerIsReportedAndNotTimed) {
  if (!this->IsHere()) return;
  const auto run = RunInSuite<Stale<TypeParam>>("stale");
  EXPECT_EQ(SkipOf(run), Skip::kWithError);
  EXPECT_THAT(SkipMessageOf(run), StartsWith("wrong answer on connection 0: 512 bytes came back"));
  EXPECT_EQ(run.iterations, 0);
}

}  // namespace
}  // namespace tare::suites
