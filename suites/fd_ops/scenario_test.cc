// SPDX-License-Identifier: Apache-2.0
// The scenarios beside round trips on connections that stay: one shot, both ways, accept, files.
// Every answer is right, what is wrong is caught, and the reference allocates nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "impl/fd_ops/accepting.h"
#include "impl/fd_ops/both_ways.h"
#include "impl/fd_ops/one_shot.h"
#include "impl/fd_ops/send_file.h"
#include "suites/fd_ops/accepts.h"
#include "suites/fd_ops/alloc_fixture.h"
#include "suites/fd_ops/send_files.h"

namespace tare::io::fd_ops {
namespace {

using suites::Accepts;
using suites::RoundTrips;
using suites::SendFiles;
using testing::StartsWith;

struct Scene {
  const char* name;
  Transport transport;
  Exchange exchange;
};

const Scene kOneShots[] = {
    {"tcp4", Transport::kTcp4, {}},
    {"tcp4, 64 at once", Transport::kTcp4, {.active = 64}},
    {"tcp4, deadlines", Transport::kTcp4, {.deadlines = true}},
    {"tcp6", Transport::kTcp6, {.size = 4096}},
    {"unix", Transport::kUnix, {}},
    {"unix, 64 at once, deadlines", Transport::kUnix, {.active = 64, .deadlines = true}},
};

const Scene kBothWays[] = {
    {"tcp4", Transport::kTcp4, {}},
    {"tcp4, 64 at once", Transport::kTcp4, {.active = 64}},
    {"tcp4, buffers of the message's size", Transport::kTcp4, {.buf = 512}},
    {"tcp4, more than fits", Transport::kTcp4, {.size = 8 << 20, .buf = 8 << 20}},
    {"unix", Transport::kUnix, {}},
    {"unix, more than fits", Transport::kUnix, {.size = 1 << 20, .buf = 1 << 20}},
    {"unix, deadlines", Transport::kUnix, {.active = 2, .deadlines = true}},
};

template <class A>
class OnScene : public RoundTrips<A> {
 public:
  explicit OnScene(const Scene& of)
      : RoundTrips<A>(static_cast<size_t>(of.exchange.active), of.exchange, of.transport) {}
};

template <class A>
void ExpectRightAnswers(std::span<const Scene> scenes) {
  const SameHandles same_handles;
  for (const Scene& of : scenes) {
    SCOPED_TRACE(of.name);
    OnScene<A> trips(of);
    ASSERT_EQ(trips.Open(), "");
    EXPECT_EQ(trips.Check(), "");
    EXPECT_EQ(MakeTrips(trips, 3), "");
    EXPECT_EQ(trips.Check(), "") << "after further trips";
  }
}

template <class A>
void ExpectRightAccepts() {
  const SameHandles same_handles;
  for (const int connections : {1, 64}) {
    SCOPED_TRACE(connections);
    Accepts<A> accepts(connections);
    ASSERT_EQ(accepts.Open(), "");
    EXPECT_EQ(accepts.Check(), "");
    EXPECT_EQ(MakeTrips(accepts, 3), "");
    EXPECT_EQ(accepts.Check(), "") << "after further trips";
  }
}

// What so many trips of `trips`, which is open, allocate after the first ones.
template <class Trips>
AllocCount Warm(Trips& trips, int count) {
  std::string wrong = trips.Check();
  const AllocCount allocs = AllocsOf([&] { wrong += MakeTrips(trips, count); });
  EXPECT_EQ(wrong, "");
  return allocs;
}

template <class A>
void ExpectAllocsPerTrip(std::span<const Scene> scenes, uint64_t without, uint64_t with_deadlines) {
  constexpr int kTrips = 20;
  for (const Scene& of : scenes) {
    if (of.exchange.size > 4096) continue;  // a write that takes several calls is one all the same
    SCOPED_TRACE(of.name);
    OnScene<A> trips(of);
    ASSERT_EQ(trips.Open(), "");
    const AllocCount count = Warm(trips, kTrips);
    if (!AllocsAreCounted()) continue;
    const uint64_t each = of.exchange.deadlines ? with_deadlines : without;
    EXPECT_EQ(count.allocs, each * kTrips * static_cast<uint64_t>(of.exchange.active));
    EXPECT_EQ(count.frees, count.allocs);
  }
}

template <class A>
void ExpectAllocsPerAccept(uint64_t each) {
  constexpr int kTrips = 20;
  for (const int connections : {1, 64}) {
    SCOPED_TRACE(connections);
    Accepts<A> accepts(connections);
    ASSERT_EQ(accepts.Open(), "");
    const AllocCount count = Warm(accepts, kTrips);
    if (!AllocsAreCounted()) continue;
    EXPECT_EQ(count.allocs, each * kTrips * static_cast<uint64_t>(connections));
    EXPECT_EQ(count.frees, count.allocs);
  }
}

// Less than the socket takes at once, and more.
constexpr size_t kFiles[] = {1, 1000, 64 << 10, 8 << 20};

template <class A>
void ExpectRightFiles() {
  const SameHandles same_handles;
  for (const Transport transport : {Transport::kTcp4, Transport::kTcp6}) {
    for (const size_t size : kFiles) {
      SCOPED_TRACE(size);
      SendFiles<A> files(transport, size);
      ASSERT_EQ(files.Open(), "");
      EXPECT_EQ(files.Check(), "");
      EXPECT_EQ(MakeTrips(files, 3), "");
      EXPECT_EQ(files.Check(), "") << "after further trips";
    }
  }
}

// `each` for 32 KiB or a part of that.
template <class A>
void ExpectAllocsPerFile(uint64_t each) {
  constexpr int kTrips = 5;
  for (const size_t size : kFiles) {
    SCOPED_TRACE(size);
    SendFiles<A> files(Transport::kTcp4, size);
    ASSERT_EQ(files.Open(), "");
    const AllocCount count = Warm(files, kTrips);
    if (!AllocsAreCounted()) continue;
    EXPECT_EQ(count.allocs, each * kTrips * ((size + (32 << 10) - 1) / (32 << 10)));
    EXPECT_EQ(count.frees, count.allocs);
  }
}

TEST(FloorTest, AnswersInEveryScenario) {
  ExpectRightAnswers<OneShotFloor>(kOneShots);
  ExpectRightAnswers<BothWaysFloor>(kBothWays);
  ExpectRightAccepts<AcceptingFloor>();
  ExpectRightFiles<SendFileFloor>();
}

TEST(FloorTest, AllocatesInNoScenario) {
  ExpectAllocsPerTrip<OneShotFloor>(kOneShots, 0, 0);
  ExpectAllocsPerTrip<BothWaysFloor>(kBothWays, 0, 0);
  ExpectAllocsPerAccept<AcceptingFloor>(0);
  ExpectAllocsPerFile<SendFileFloor>(0);
}

template <class B>
class ScenarioTest : public testing::Test {};

FD_TEST(ScenarioTest, BaselineAnswersInEveryScenario) {
  ExpectRightAnswers<OneShotBaseline<B>>(kOneShots);
  ExpectRightAnswers<BothWaysBaseline<B>>(kBothWays);
  ExpectRightAccepts<AcceptingBaseline<B>>();
  ExpectRightFiles<SendFileBaseline<B>>();
}
FD_TEST(ScenarioTest, ReferenceAnswersInEveryScenario) {
  ExpectRightAnswers<OneShotReference<B>>(kOneShots);
  ExpectRightAnswers<BothWaysReference<B>>(kBothWays);
  ExpectRightAccepts<AcceptingReference<B>>();
  ExpectRightFiles<SendFileReference<B>>();
}

// The objects are made once and opened anew for each connection.
FD_TEST(ScenarioTest, AL_01_AL_04_ReferenceAllocatesInNoScenario) {
  ExpectAllocsPerTrip<OneShotReference<B>>(kOneShots, 0, 0);
  ExpectAllocsPerTrip<BothWaysReference<B>>(kBothWays, 0, 0);
  ExpectAllocsPerAccept<AcceptingReference<B>>(0);
  ExpectAllocsPerFile<SendFileReference<B>>(0);
}

// Three a call, and the timer of one with a deadline: see baseline.h. One shot is six calls:
// connect, accept, two writes, two reads; both ways four for the two ends.
FD_TEST(ScenarioTest, AL_05_BaselineAllocatesForEveryCall) {
  ExpectAllocsPerTrip<OneShotBaseline<B>>(kOneShots, 18, 24);
  ExpectAllocsPerTrip<BothWaysBaseline<B>>(kBothWays, 12, 16);
  ExpectAllocsPerAccept<AcceptingBaseline<B>>(3);
  ExpectAllocsPerFile<SendFileBaseline<B>>(3);
}

// No port is left behind: more connections than there are ports, one after the other.
TEST(OneShotTest, MoreConnectionsThanPorts) {
  OnScene<OneShotFloor> trips(kOneShots[0]);
  ASSERT_EQ(trips.Open(), "");
  EXPECT_EQ(MakeTrips(trips, 30'000), "");
}

// Answers that are wrong in one way each.
struct BytesOfTheOtherEnd : BothWaysFloor {
  std::span<const std::byte> Received(int i) noexcept { return BothWaysFloor::Received(i ^ 1); }
};
struct OneDirectionOnly : BothWaysFloor {
  std::span<const std::byte> Received(int i) noexcept {
    const std::span<const std::byte> got = BothWaysFloor::Received(i);
    return i % 2 == 0 ? got : got.first(0);
  }
};
struct NeverDialed : OneShotFloor {
  Result Trip() noexcept { return {}; }
};
struct Swapped : AcceptingFloor {
  std::span<const Pair> Accepted() noexcept {
    const std::span<const Pair> pairs = AcceptingFloor::Accepted();
    swapped.assign(pairs.begin(), pairs.end());
    if (swapped.size() > 1) std::swap(swapped[0].server, swapped[1].server);
    return swapped;
  }
  std::vector<Pair> swapped;
};
struct AcceptsNothing : AcceptingFloor {
  std::span<const Pair> Accepted() noexcept {
    one[0] = AcceptingFloor::Accepted()[0];
    one[0].server = kNoHandle;
    return one;
  }
  Pair one[1];
};

struct SendsAnotherFile : SendFileFloor {
  Result Open(const Pair& pair, Handle, uint64_t size) {
    other.Resize(size);
    return SendFileFloor::Open(pair, other.handle(), size);
  }
  MemoryFile other;
};
struct SendsHalfOfIt : SendFileFloor {
  Result Open(const Pair& pair, Handle file, uint64_t size) {
    return SendFileFloor::Open(pair, file, size / 2);
  }
};

template <class A>
std::string Verdict(const Scene& of) {
  OnScene<A> trips(of);
  const std::string wrong = trips.Open();
  return wrong.empty() ? trips.Check() : wrong;
}
template <class A>
std::string AcceptVerdict(int connections) {
  Accepts<A> accepts(connections);
  const std::string wrong = accepts.Open();
  return wrong.empty() ? accepts.Check() : wrong;
}

template <class A>
std::string FileVerdict() {
  SendFiles<A> files(Transport::kTcp4, 1000);
  const std::string wrong = files.Open();
  return wrong.empty() ? files.Check() : wrong;
}

TEST(WrongAnswerTest, IsCaughtInEveryScenario) {
  const SameHandles same_handles;
  EXPECT_THAT(Verdict<BytesOfTheOtherEnd>(kBothWays[0]), StartsWith("wrong answer at end 0: 512"));
  EXPECT_THAT(Verdict<OneDirectionOnly>(kBothWays[0]), StartsWith("wrong answer at end 1: 0"));
  EXPECT_THAT(Verdict<NeverDialed>(kOneShots[0]), StartsWith("wrong answer on connection 0: 0"));
  EXPECT_EQ(AcceptVerdict<Swapped>(1), "");
  EXPECT_THAT(AcceptVerdict<Swapped>(2), StartsWith("wrong answer: dialled from '127.0.0.1:"));
  EXPECT_THAT(AcceptVerdict<AcceptsNothing>(1), testing::EndsWith("accepted from ''"));
  EXPECT_EQ(FileVerdict<SendsAnotherFile>(), "wrong answer: another byte than the file's at 1");
  EXPECT_EQ(FileVerdict<SendsHalfOfIt>(), "wrong answer: another byte than the file's at 500");
}

}  // namespace
}  // namespace tare::io::fd_ops
