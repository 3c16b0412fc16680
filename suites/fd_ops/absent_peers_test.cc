// SPDX-License-Identifier: Apache-2.0
// Built without their packages, the peers keep their rows, with that reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suites/fd_ops/peers_fixture.h"

namespace tare::suites {
namespace {

using google_benchmark::Skip;
using google_benchmark::SkipMessageOf;
using google_benchmark::SkipOf;

template <class V>
constexpr const char* kReason = "";
template <>
constexpr const char* kReason<Asio> = "built without libasio-dev";
template <>
constexpr const char* kReason<AsioCoro> = kReason<Asio>;
template <>
constexpr const char* kReason<Libuv> = "built without libuv1-dev";
template <>
constexpr const char* kReason<LibuvTry> = kReason<Libuv>;
template <>
constexpr const char* kReason<Libevent> = "built without libevent-dev";
template <>
constexpr const char* kReason<LibeventBufferevent> = kReason<Libevent>;

template <>
constexpr const char* kReason<AsioOneShot> = kReason<Asio>;
template <>
constexpr const char* kReason<LibuvOneShot> = kReason<Libuv>;
template <>
constexpr const char* kReason<LibeventOneShot> = kReason<Libevent>;

template <class V>
class AbsentPeerTest : public testing::Test {};
TYPED_TEST_SUITE(AbsentPeerTest, AllPeers, PeerNames);

TYPED_TEST(AbsentPeerTest, SaysWhy) {
  EXPECT_STREQ(TypeParam::WhyNot(), kReason<TypeParam>);
}

TYPED_TEST(AbsentPeerTest, KeepsItsRowWithThatReason) {
  const auto run = RunInSuite<TypeParam>("absent");
  EXPECT_THAT(run.benchmark_name(), testing::StartsWith("Tested/variant=absent/size=512"));
  EXPECT_EQ(SkipOf(run), Skip::kWithError);
  EXPECT_EQ(SkipMessageOf(run), std::string(kNotApplicable) + kReason<TypeParam>);
}

template <class V>
class AbsentDialingPeerTest : public testing::Test {};
TYPED_TEST_SUITE(AbsentDialingPeerTest, AllDialingPeers, DialingPeerNames);

TYPED_TEST(AbsentDialingPeerTest, SaysWhyAndCannotBeOpened) {
  EXPECT_STREQ(TypeParam::WhyNot(), kReason<TypeParam>);
  TypeParam peer;
  EXPECT_EQ(peer.Open(io::Transport::kTcp4, {}).err, io::Errc::kUnsupported);
}

// Nobody opens one; whoever does is told, and its handles are closed.
TYPED_TEST(AbsentPeerTest, CannotBeOpened) {
  io::Pair pair;
  ASSERT_TRUE(io::TcpPairs({&pair, 1}).ok());
  TypeParam peer;
  EXPECT_EQ(peer.Open({&pair, 1}, {}).err, io::Errc::kUnsupported);
  EXPECT_EQ(peer.Trip().err, io::Errc::kUnsupported);
  EXPECT_FALSE(io::ShutdownSend(pair.client).ok());
}

}  // namespace
}  // namespace tare::suites
