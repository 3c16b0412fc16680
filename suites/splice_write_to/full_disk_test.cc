// SPDX-License-Identifier: Apache-2.0
// File systems that are really full, or over their quota, and files whose attributes change.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

template <class B>
class FullDiskTest : public TransferTest<B> {};
TYPED_TEST_SUITE(FullDiskTest, AllBackends, BackendNames);

bool IsHere(std::string_view destination) {
  std::string why;
  if (NewDestination(destination, why) != nullptr) return true;
  std::cout << "not applicable: " << why << '\n';
  return false;
}

enum class Way { kSpliced, kCopied, kByThreads };

// It fails with `error`, and delivers what is held first once there is room.
template <class B>
void IsFullAndThenNot(std::string_view destination, int error) {
  constexpr uint64_t kTotal = 3'000'000;
  for (const Way way : {Way::kSpliced, Way::kCopied, Way::kByThreads}) {
    splice::DiskThreads disks(way == Way::kByThreads ? 1 : 0);
    Place<B> place;
    Scene<B> scene(place, destination, io::Transport::kTcp4, 0, &disks);
    splice::Plan plan;
    plan.copies = way == Way::kCopied;
    CallFaults::Clear();
    scene.Begin(plan);
    ASSERT_TRUE(scene.Finish(kTotal)) << destination;
    EXPECT_EQ(scene.result.os, error);
    EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kDestination);
    const auto before = static_cast<uint64_t>(scene.result.n);
    EXPECT_GT(before, 0u);
    EXPECT_EQ(scene.Arrived().size(), before);
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
    EXPECT_EQ(before + scene.transfer.held(), scene.transfer.taken());
    EXPECT_EQ(CallFaults::Count(Call::kSpliceOut) > 0, way != Way::kCopied);

    scene.there->Change();
    scene.Begin(plan);
    ASSERT_TRUE(scene.Finish(kTotal)) << destination;
    EXPECT_EQ(Text(scene.result), std::to_string(kTotal - before) + " ok");
    EXPECT_EQ(scene.Arrived().size(), kTotal);
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
  }
}

SPLICE_TEST(FullDiskTest, SP_09_SP_10_SP_19_ADiskThatIsFull) {
  if (IsHere("full-disk")) IsFullAndThenNot<B>("full-disk", ENOSPC);
}

SPLICE_TEST(FullDiskTest, SP_09_SP_10_SP_19_AQuotaThatIsUsedUp) {
  if (IsHere("over-quota")) IsFullAndThenNot<B>("over-quota", EDQUOT);
}

// The attributes that chattr sets, of an open file: `attributes` of those that are tried here; ""
// or why that cannot be here.
std::string SetAttributes(io::Handle file, int attributes) {
  int all = 0;
  if (ioctl(file, FS_IOC_GETFLAGS, &all) == 0) {
    all = (all & ~(FS_APPEND_FL | FS_IMMUTABLE_FL)) | attributes;
    if (ioctl(file, FS_IOC_SETFLAGS, &all) == 0) return "";
  }
  return std::string("no attributes: ") + std::strerror(errno);
}

// Append-only from the middle on: the handle was open before, and goes on, as by a copy.
SPLICE_TEST(FullDiskTest, SP_12_AFileThatBecomesAppendOnlyGetsTheSameAsByACopy) {
  for (const bool copies : {false, true}) {
    Place<B> place;
    Scene<B> scene(place, "memory");
    splice::Plan plan;
    plan.copies = copies;
    scene.Begin(plan);
    scene.far.Send(50'000, 50'000);
    ASSERT_TRUE(place.Until([&] { return scene.transfer.taken() == 50'000; }));
    const std::string why = SetAttributes(scene.there->handle(), FS_APPEND_FL);
    if (!why.empty()) {
      std::cout << "not applicable: " << why << '\n';
      return;
    }
    ASSERT_TRUE(scene.Finish(200'000));
    EXPECT_EQ(Text(scene.result), "200000 ok") << copies;
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
  }
}

// EPERM from a splice may mean that a copy would do: here neither does, and what was taken is held.
SPLICE_TEST(FullDiskTest, SP_09_AFileThatBecomesImmutableHoldsWhatItRefuses) {
  if (!IsHere("full-disk")) return;
  for (const bool copies : {false, true}) {
    Place<B> place;
    Scene<B> scene(place, "full-disk");
    splice::Plan plan;
    plan.copies = copies;
    scene.Begin(plan);
    scene.far.Send(50'000, 50'000);
    ASSERT_TRUE(place.Until([&] { return scene.transfer.taken() == 50'000; }));
    ASSERT_EQ(SetAttributes(scene.there->handle(), FS_IMMUTABLE_FL), "");
    ASSERT_TRUE(scene.Finish(200'000));
    EXPECT_EQ(scene.result.os, EPERM) << copies;
    EXPECT_EQ(scene.result.n, 50'000);
    EXPECT_EQ(50'000 + scene.transfer.held(), scene.transfer.taken());
    ASSERT_EQ(SetAttributes(scene.there->handle(), 0), "");
    scene.Begin(plan);
    ASSERT_TRUE(scene.Finish(200'000));
    EXPECT_EQ(Text(scene.result), "150000 ok") << copies;
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
  }
}

}  // namespace
}  // namespace tare::suites
