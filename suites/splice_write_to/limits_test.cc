// SPDX-License-Identifier: Apache-2.0
// Limits, counts and offsets of more than 31 and 32 bits: none is cut.
#include <sys/mman.h>
#include <unistd.h>

#include <limits>

#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

template <class B>
class LimitsTest : public TransferTest<B> {};
TYPED_TEST_SUITE(LimitsTest, AllBackends, BackendNames);

constexpr uint64_t k2GiB = uint64_t{1} << 31;
constexpr uint64_t k4GiB = uint64_t{1} << 32;

#ifdef TARE_LONG

// All the bytes there are: one more than 32 bits count, of a source that has more.
SPLICE_TEST(LimitsTest, SP_37_SD_4_07_FourGiBAndAByte) {
  constexpr uint64_t kMore = 1000;
  for (const bool copies : {false, true}) {
    Place<B> place;
    Scene<B> scene(place, "null");
    splice::Plan plan = scene.Limit(k4GiB + 1);
    plan.copies = copies;
    scene.Begin(plan);
    Allowance allowance(Scaled(200 * kSecond));
    while (scene.ended == 0 && !allowance.Spent()) {
      scene.far.Send(k4GiB + 1 + kMore, 1 << 20);
      place.loop.Turn(io::Deadline::Past());
    }
    ASSERT_EQ(Text(scene.result), std::to_string(k4GiB + 1) + " ok") << copies;
    EXPECT_EQ(scene.transfer.taken(), k4GiB + 1);
    scene.far.Send(k4GiB + 1 + kMore, kMore);
    const std::vector<std::byte> unread = scene.far.Unread();
    EXPECT_EQ(unread.size(), kMore);
    EXPECT_TRUE(IsSent(unread, k4GiB + 1));
  }
}

#else

// Splices that move nothing and say they have: as fast as counting is.
SPLICE_TEST(LimitsTest, SP_37_SD_4_07_LimitsOfMoreThan31And32BitsAreCountedToTheByte) {
  for (const char* destination : {"memory", "tcp"}) {
    for (const uint64_t limit : {k2GiB - 1, k2GiB, k2GiB + 1, k4GiB - 1, k4GiB, k4GiB + 1}) {
      Place<B> place;
      Scene<B> scene(place, destination);
      scene.far.Send(1, 1);  // so that there is something, and stays
      CallFaults::Clear();
      CallFaults::Pretend();
      scene.Begin(scene.Limit(limit));
      ASSERT_TRUE(scene.Ends()) << destination << limit;
      EXPECT_EQ(Text(scene.result), std::to_string(limit) + " ok") << destination;
      EXPECT_EQ(scene.transfer.taken(), limit);
      EXPECT_EQ(scene.transfer.held(), 0u);
      // In steps of a pipe, and no call is asked for more than the limit leaves.
      EXPECT_GE(CallFaults::Count(Call::kSpliceIn), static_cast<int64_t>(limit >> 20));
      CallFaults::Clear();
    }
  }
}

SPLICE_TEST(LimitsTest, SP_37_OffsetsAndPositionsBeyond32BitsAreNotCut) {
  constexpr uint64_t kPlace = k4GiB + 5;
  for (const bool copies : {false, true}) {
    for (const bool by_offset : {false, true}) {
      Place<B> place;
      Scene<B> scene(place, "memory");
      const io::Handle file = memfd_create("sparse", MFD_CLOEXEC);
      splice::Target<B> target(place.loop);
      if (by_offset) {
        ASSERT_TRUE(target.OpenAt(file, kPlace).ok());
      } else {
        ASSERT_EQ(lseek(file, static_cast<off_t>(kPlace), SEEK_SET), static_cast<off_t>(kPlace));
        ASSERT_TRUE(target.Open(file).ok());
      }
      scene.far.Send(5000, 5000);
      splice::Plan plan = scene.Limit(5000);
      plan.copies = copies;
      scene.BeginBetween(scene.from, target, plan);
      ASSERT_TRUE(scene.Ends());
      EXPECT_EQ(Text(scene.result), "5000 ok");
      EXPECT_EQ(target.offset(), by_offset ? kPlace + 5000 : 0);
      std::vector<std::byte> there(6000);
      EXPECT_EQ(pread(file, there.data(), there.size(), static_cast<off_t>(kPlace)), 5000);
      there.resize(5000);
      EXPECT_TRUE(IsSent(there, 0));
      EXPECT_EQ(target.Close([](splice::Target<B>&) noexcept {}), io::Errc::kOk);
      close(file);
    }
  }
}

// Beyond the last place of any file what was taken is held.
SPLICE_TEST(LimitsTest, SP_37_AnOffsetThatNoFileHasIsAnError) {
  for (const bool copies : {false, true}) {
    Place<B> place;
    Scene<B> scene(place, "offset");
    scene.target.set_offset(uint64_t{1} << 63);
    scene.far.Send(5000, 5000);
    splice::Plan plan = scene.Limit(5000);
    plan.copies = copies;
    scene.Begin(plan);
    ASSERT_TRUE(scene.Finish(5000, false));
    EXPECT_EQ(Text(scene.result), "0 invalid") << copies;
    EXPECT_EQ(scene.target.offset(), uint64_t{1} << 63);
    EXPECT_EQ(scene.transfer.held(), 5000u);
    scene.target.set_offset(5000);
    scene.Begin(plan);
    ASSERT_TRUE(scene.Finish(5000));
    EXPECT_EQ(Text(scene.result), "5000 ok") << copies;
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
  }
}

#endif

}  // namespace
}  // namespace tare::suites
