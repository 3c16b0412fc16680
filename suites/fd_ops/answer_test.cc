// SPDX-License-Identifier: Apache-2.0
// Every answer to every exchange brings back what was sent, and an answer that does not is caught.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/floor.h"
#include "impl/fd_ops/hand_loop.h"
#include "impl/fd_ops/reference.h"
#include "suites/fd_ops/alloc_fixture.h"

namespace tare::io::fd_ops {
namespace {

using suites::RoundTrips;

template <class A>
void ExpectRightAnswers() {
  if (const char* why = A::WhyNot()) return NotApplicable(why);
  for (const CountedExchange& of : kExchanges) {
    SCOPED_TRACE(of.name);
    RoundTrips<A> trips(of.connections, of.exchange);
    ASSERT_EQ(trips.Open(), "");
    EXPECT_EQ(trips.Check(), "");
    EXPECT_EQ(MakeTrips(trips, 3), "");
    EXPECT_EQ(trips.Check(), "") << "after further trips";
  }
}

template <class B>
class AnswerTest : public testing::Test {
  SameHandles same_handles_;
};

TEST(FloorTest, AnswersEveryExchange) {
  const SameHandles same_handles;
  ExpectRightAnswers<Floor>();
}
FD_TEST(AnswerTest, HandLoopAnswersEveryExchange) {
  ExpectRightAnswers<HandLoop<B>>();
}
FD_TEST(AnswerTest, BaselineAnswersEveryExchange) {
  ExpectRightAnswers<Baseline<B>>();
}
FD_TEST(AnswerTest, ReferenceAnswersEveryExchange) {
  ExpectRightAnswers<Reference<B>>();
}

// Floor and hand loops are bare calls: counted, they are the zero that all is measured from.
TEST(FloorTest, AllocatesNothing) {
  for (const CountedExchange& of : kExchanges) {
    SCOPED_TRACE(of.name);
    RoundTrips<Floor> trips(of.connections, of.exchange);
    ASSERT_EQ(trips.Open(), "");
    std::string wrong;
    ExpectNoAllocs([&] { wrong = MakeTrips(trips, 3); });
    EXPECT_EQ(wrong, "");
  }
}
FD_TEST(AnswerTest, HandLoopAllocatesNothing) {
  if (const char* why = HandLoop<B>::WhyNot()) return NotApplicable(why);
  for (const CountedExchange& of : kExchanges) {
    SCOPED_TRACE(of.name);
    RoundTrips<HandLoop<B>> trips(of.connections, of.exchange);
    ASSERT_EQ(trips.Open(), "");
    std::string wrong;
    ExpectNoAllocs([&] { wrong = MakeTrips(trips, 3); });
    EXPECT_EQ(wrong, "");
  }
}

// Answers that are wrong in one way each.
struct OneByteOff : Floor {
  std::span<const std::byte> Received(int i) noexcept {
    const std::span<const std::byte> got = Floor::Received(i);
    bytes.assign(got.begin(), got.end());
    bytes.back() ^= std::byte{1};
    return bytes;
  }
  std::vector<std::byte> bytes;
};

struct OneByteShort : Floor {
  std::span<const std::byte> Received(int i) noexcept {
    const std::span<const std::byte> got = Floor::Received(i);
    return got.first(got.size() - 1);
  }
};

struct OfAnotherConnection : Floor {
  std::span<const std::byte> Received(int i) noexcept { return Floor::Received(i == 3 ? 2 : i); }
};

struct OfTheTripBefore : Floor {
  std::span<const std::byte> Received(int i) noexcept {
    const std::span<const std::byte> got = Floor::Received(i);
    if (bytes.empty()) bytes.assign(got.begin(), got.end());
    return bytes;
  }
  std::vector<std::byte> bytes;
};

// A floor that leaves the reply in the socket: caught only because what it shows as received is a
// buffer of its own, which nothing but that receive fills.
struct SkipsTheClientsReceive {
  static const char* WhyNot() noexcept { return nullptr; }
  Result Open(std::span<const Pair> pairs, const Exchange& exchange) {
    ends.Open(pairs, exchange);
    return {};
  }
  Result Trip() noexcept {
    const size_t size = ends.exchange.size;
    const Pair& pair = ends.pairs[0];
    (void)send(pair.client, ends.Message(0), size, 0);
    (void)recv(pair.server, ends.ServerBuffer(0), size, MSG_WAITALL);
    (void)send(pair.server, ends.ServerBuffer(0), size, 0);
    ends.received[0] = size;
    return {};
  }
  std::span<const std::byte> Received(int) noexcept {
    return {ends.ClientBuffer(0), ends.received[0]};
  }
  std::span<std::byte> Message(int) noexcept { return {ends.Message(0), ends.exchange.size}; }
  void Close() noexcept { ends.Close(); }

  Ends ends;
};

struct DoesNothing : Floor {
  Result Trip() noexcept { return {}; }
};

struct Fails : Floor {
  Result Trip() noexcept { return {0, Errc::kReset, 104}; }
};

template <int kError>
struct DoesNotOpen : Floor {
  Result Open(std::span<const Pair> pairs, const Exchange& exchange) {
    (void)Floor::Open(pairs, exchange);
    return {0, FromErrno(kError), kError};
  }
};

template <class A>
std::string Verdict(int connections = 1) {
  RoundTrips<A> trips(static_cast<size_t>(connections), {.active = connections});
  const std::string wrong = trips.Open();
  return wrong.empty() ? trips.Check() : wrong;
}

TEST(WrongAnswerTest, IsCaught) {
  const SameHandles same_handles;
  using testing::StartsWith;
  EXPECT_EQ(Verdict<Floor>(5), "");
  EXPECT_THAT(Verdict<OneByteOff>(), StartsWith("wrong answer on connection 0: 512 bytes"));
  EXPECT_THAT(Verdict<OneByteShort>(), StartsWith("wrong answer on connection 0: 511 bytes"));
  EXPECT_THAT(Verdict<OfAnotherConnection>(5), StartsWith("wrong answer on connection 3"));
  EXPECT_THAT(Verdict<OfTheTripBefore>(), StartsWith("wrong answer on connection 0"));
  EXPECT_THAT(Verdict<SkipsTheClientsReceive>(),
              StartsWith("wrong answer on connection 0: 512 bytes"));
  EXPECT_THAT(Verdict<DoesNothing>(), StartsWith("wrong answer on connection 0"));
  EXPECT_EQ(Verdict<Fails>(), "a round trip failed: reset, code 104");
  EXPECT_EQ(Verdict<DoesNotOpen<ENOBUFS>>(), "cannot open the connections: resource, code 105");
}

// What the machine has too little of is no fault of the row.
TEST(WrongAnswerTest, ExhaustionIsNone) {
  const SameHandles same_handles;
  using testing::StartsWith;
  constexpr size_t kTooMany = size_t{1} << 40;
  EXPECT_THAT(RoundTrips<Floor>(kTooMany, {}).Open(),
              StartsWith("not applicable: needs 2199023255616 open descriptors"));
  EXPECT_THAT(Verdict<DoesNotOpen<EMFILE>>(),
              StartsWith("not applicable: no open descriptor is left for 1 connections"));
  EXPECT_THAT(Verdict<DoesNotOpen<ENFILE>>(),
              StartsWith("not applicable: the system has no open file left"));
  EXPECT_THAT(Verdict<DoesNotOpen<ENOMEM>>(), StartsWith("not applicable: no memory is left"));
  EXPECT_THAT(Verdict<DoesNotOpen<EADDRNOTAVAIL>>(), StartsWith("not applicable: no port is left"));
  EXPECT_THAT(Verdict<DoesNotOpen<EADDRINUSE>>(), StartsWith("not applicable: no port is left"));
}

}  // namespace
}  // namespace tare::io::fd_ops
