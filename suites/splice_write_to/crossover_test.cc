// SPDX-License-Identifier: Apache-2.0
// Up to which size bytes are copied: who keeps to it, what is made of times, and how they are
// taken.
#include "impl/splice_write_to/crossover.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

template <class B>
class CrossoverTest : public TransferTest<B> {};
TYPED_TEST_SUITE(CrossoverTest, AllBackends, BackendNames);

using splice::BothWays;
using splice::Way;

// How often it was spliced to move so many bytes.
template <class B>
int64_t Splices(const splice::Pool::Options& options, const char* destination, uint64_t size) {
  Place<B> place(options);
  Scene<B> scene(place, destination);
  scene.far.Send(size, size);
  CallFaults::Clear();
  scene.Begin(scene.Limit(size));
  EXPECT_TRUE(scene.Finish(size, false)) << destination;
  EXPECT_EQ(Text(scene.result), std::to_string(size) + " ok") << destination;
  EXPECT_TRUE(IsSent(scene.Arrived(), 0)) << destination;
  EXPECT_EQ(CallFaults::Count(Call::kSpliceIn) > 0, CallFaults::Count(Call::kSpliceOut) > 0);
  return CallFaults::Count(Call::kSpliceIn);
}

SPLICE_TEST(CrossoverTest, SP_37_SP_31_WhatIsNoLargerIsCopiedAndWhatIsIsSpliced) {
  splice::Pool::Options files;
  files.copy_to_files_up_to = 3000;
  for (const char* destination : {"memory", "pipe"}) {
    EXPECT_EQ(Splices<B>(files, destination, 3000), 0) << destination;
    EXPECT_GT(Splices<B>(files, destination, 3001), 0) << destination;
  }
  EXPECT_GT(Splices<B>(files, "tcp", 100), 0);
  splice::Pool::Options connections;
  connections.copy_to_connections_up_to = 3000;
  EXPECT_EQ(Splices<B>(connections, "tcp", 3000), 0);
  EXPECT_GT(Splices<B>(connections, "tcp", 3001), 0);
  EXPECT_GT(Splices<B>(connections, "memory", 100), 0);
}

SPLICE_TEST(CrossoverTest, SP_37_NothingIsCopiedUnlessItIsAskedFor) {
  for (const char* destination : {"memory", "tcp"}) {
    EXPECT_GT(Splices<B>({}, destination, 1), 0) << destination;
  }
}

// Whatever the limit: what comes next is taken to be as much as what came last.
SPLICE_TEST(CrossoverTest, SP_37_SmallMessagesOfALongTransferAreCopiedAndAFloodIsSpliced) {
  splice::Pool::Options options;
  // As much as fits into the buffer: that it was full says that there is more.
  options.copy_to_files_up_to = options.copy_to_connections_up_to = options.buffer_size;
  constexpr uint64_t kMessages = 20;
  for (const char* destination : {"memory", "tcp"}) {
    Place<B> place(options);
    Scene<B> scene(place, destination);
    scene.Begin();
    uint64_t sent = 0;
    const auto send = [&](uint64_t size) {
      sent += size;
      return place.Until([&] { return scene.transfer.taken() == sent; },
                         [&] {
                           scene.far.Send(sent, size);
                           scene.there->Drain();
                         });
    };
    ASSERT_TRUE(send(100));  // of the first nobody knows
    place.InVain();
    CallFaults::Clear();
    for (uint64_t i = 0; i < kMessages; ++i) ASSERT_TRUE(send(100));
    EXPECT_EQ(CallFaults::Count(Call::kSpliceOut), 0) << destination;
    ASSERT_TRUE(send(4 << 20));
    EXPECT_GT(CallFaults::Count(Call::kSpliceOut), 0) << destination;
    ASSERT_TRUE(scene.Finish(sent));
    EXPECT_EQ(Text(scene.result), std::to_string(sent) + " ok");
    EXPECT_TRUE(IsSent(scene.Arrived(), 0)) << destination;
  }
}

int OpenHandles() {
  int count = 0;
  for (int h = 0; h < 1024; ++h) count += fcntl(h, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

// A clock on which a splice out of a pipe takes a millisecond, a write so much, and nothing else
// any time.
int64_t copy_takes;
int64_t asked;
io::Deadline CountingClock() noexcept {
  ++asked;
  return {kSecond + kMillisecond * CallFaults::Count(Call::kSpliceOut) +
          copy_takes * CallFaults::Count(Call::kWrite)};
}

SPLICE_TEST(CrossoverTest, SP_37_TheMeasurementFindsWhatItsClockSays) {
  const int before = OpenHandles();
  constexpr uint64_t kLargest = splice::Rounds::kSizes.back();
  for (const bool copy_is_faster : {true, false}) {
    CallFaults::Clear();
    copy_takes = copy_is_faster ? kMillisecond / 100 : 10 * kMillisecond;
    splice::Pool::Options options;
    options.copy_to_files_up_to = 77;
    ASSERT_TRUE(splice::MeasureCopyUpTo<B>(options, 1000 * kSecond, &CountingClock).ok());
    EXPECT_EQ(options.copy_to_files_up_to, copy_is_faster ? kLargest : 0);
  }
  EXPECT_EQ(OpenHandles(), before);
}

SPLICE_TEST(CrossoverTest, SP_37_TheMeasurementEndsWhenItsTimeIsUp) {
  CallFaults::Clear();
  copy_takes = kMillisecond;
  asked = 0;
  splice::Pool::Options options;
  options.copy_to_files_up_to = options.copy_to_connections_up_to = 77;
  // Ten transfers of a millisecond each into the file; twenty into the connection, of which half
  // take no time.
  ASSERT_TRUE(splice::MeasureCopyUpTo<B>(options, 20 * kMillisecond, &CountingClock).ok());
  EXPECT_LE(asked, 2 * (10 + 20) + 5);
  // Of less than six rounds nothing is said.
  EXPECT_EQ(options.copy_to_files_up_to, 0u);
  EXPECT_EQ(options.copy_to_connections_up_to, 0u);
}

SPLICE_TEST(CrossoverTest, SP_37_TheMeasurementOfThisMachineIsShortAndLeavesNothing) {
  const int before = OpenHandles();
  splice::Pool::Options options;
  const Stopwatch watch;
  ASSERT_TRUE(splice::MeasureCopyUpTo<B>(options).ok());
  // What is beside the transfers is not bounded by its own clock.
  EXPECT_LT(watch.Took(), Scaled(splice::kMeasureFor + 500 * kMillisecond));
  EXPECT_EQ(OpenHandles(), before);
  const auto& sizes = splice::Rounds::kSizes;
  for (const uint64_t found : {options.copy_to_files_up_to, options.copy_to_connections_up_to}) {
    EXPECT_TRUE(found == 0 || std::find(sizes.begin(), sizes.end(), found) != sizes.end()) << found;
  }
}

SPLICE_TEST(CrossoverTest, SP_37_WhatCannotBeMeasuredChangesNothing) {
  const int before = OpenHandles();
  splice::Pool::Options options;
  options.copy_to_files_up_to = options.copy_to_connections_up_to = 77;
  CallFaults::Clear();
  CallFaults::Fail(Call::kSend, EIO, /*after=*/20, kForGood);
  const io::Result measured = splice::MeasureCopyUpTo<B>(options);
  CallFaults::Clear();
  EXPECT_EQ(measured.os, EIO);
  EXPECT_EQ(options.copy_to_files_up_to, 77u);
  EXPECT_EQ(options.copy_to_connections_up_to, 77u);
  EXPECT_EQ(OpenHandles(), before);
}

// `faster` of `rounds` rounds in which the first is faster, as the times of both.
struct Times {
  Times(uint64_t the_size, int rounds, int copy_wins) : size(the_size) {
    for (int i = 0; i < rounds; ++i) {
      copied.push_back(1000);
      spliced.push_back(i < copy_wins ? 1001 : 999);
    }
  }
  BothWays both() const { return {size, copied, spliced}; }
  uint64_t size;
  std::vector<int64_t> copied, spliced;
};

TEST(FasterTest, SP_37_BeyondWhatACoinWouldDo) {
  // Of 15 the difference of a coin's is 2 x 3.9 in one of twenty cases.
  EXPECT_EQ(splice::Faster(Times(1, 15, 11).both()), Way::kNeither);
  EXPECT_EQ(splice::Faster(Times(1, 15, 12).both()), Way::kCopy);
  EXPECT_EQ(splice::Faster(Times(1, 15, 4).both()), Way::kNeither);
  EXPECT_EQ(splice::Faster(Times(1, 15, 3).both()), Way::kSplice);
  EXPECT_EQ(splice::Faster(Times(1, 15, 15).both()), Way::kCopy);
}

TEST(FasterTest, SP_37_FewRoundsSayNothing) {
  EXPECT_EQ(splice::Faster({}), Way::kNeither);
  EXPECT_EQ(splice::Faster(Times(1, 5, 5).both()), Way::kNeither);
  EXPECT_EQ(splice::Faster(Times(1, 6, 6).both()), Way::kCopy);
  // A round that the other way has not had yet is none.
  Times uneven(1, 6, 6);
  uneven.spliced.pop_back();
  EXPECT_EQ(splice::Faster(uneven.both()), Way::kNeither);
  // Nor is one without a winner.
  const std::vector<int64_t> same(100, 5);
  EXPECT_EQ(splice::Faster({1, same, same}), Way::kNeither);
}

uint64_t UpTo(const std::vector<Times>& sizes) {
  std::vector<BothWays> all;
  for (const Times& times : sizes) all.push_back(times.both());
  return splice::CopyUpTo(all);
}

TEST(CopyUpToTest, SP_37_TheLargestSizeAtWhichTheCopyIsFaster) {
  EXPECT_EQ(UpTo({}), 0u);
  EXPECT_EQ(UpTo({{64, 15, 8}, {1024, 15, 7}}), 0u);  // noise
  EXPECT_EQ(UpTo({{64, 15, 15}, {1024, 15, 15}}), 1024u);
  EXPECT_EQ(UpTo({{64, 15, 15}, {1024, 15, 15}, {4096, 15, 0}}), 1024u);
  EXPECT_EQ(UpTo({{64, 15, 15}, {1024, 15, 8}, {4096, 15, 0}}), 64u);
  // Where nothing is certain in between the larger one holds.
  EXPECT_EQ(UpTo({{64, 15, 8}, {1024, 15, 14}}), 1024u);
}

TEST(CopyUpToTest, SP_37_NeverBeyondASizeAtWhichTheSpliceIsFaster) {
  EXPECT_EQ(UpTo({{64, 15, 0}, {1024, 15, 15}}), 0u);
  EXPECT_EQ(UpTo({{64, 15, 15}, {1024, 15, 0}, {4096, 15, 15}}), 64u);
}

}  // namespace
}  // namespace tare::suites
