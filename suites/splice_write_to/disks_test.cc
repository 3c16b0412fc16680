// SPDX-License-Identifier: Apache-2.0
// Transfers whose files are written by the threads of the disks, while the loop goes on.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <memory>

#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

template <class B>
class DisksTest : public TransferTest<B> {};
TYPED_TEST_SUITE(DisksTest, AllBackends, BackendNames);

// A job that keeps a thread of the disks until it is let go.
struct Held : splice::DiskThreads::Job {
  void Hold(splice::DiskThreads& disks) {
    work = [](splice::DiskThreads::Job& job) noexcept {
      auto& held = static_cast<Held&>(job);
      held.begun = true;
      held.begun.notify_all();
      held.let_go.wait(false);
    };
    disks.Submit(*this);
    begun.wait(false);
  }
  void LetGo() {
    let_go = true;
    let_go.notify_all();
  }
  std::atomic<bool> begun{false}, let_go{false};
};

// Whoever closes a descriptor may destroy it once it is closed, whatever a transfer does meanwhile.
SPLICE_TEST(DisksTest, SP_21_AnEndIsGoneBeforeTheTransferHasEnded) {
  Place<B> place;
  splice::DiskThreads disks(1);
  Held held;
  held.Hold(disks);
  Scene<B> scene(place, "memory", io::Transport::kTcp4, 0, &disks);
  FarEnd far(io::Transport::kTcp4, 0);
  auto source = std::make_unique<SeenEnd<B>>(place.loop);
  ASSERT_TRUE(source->Open(far.TakeNear()).ok());
  scene.BeginBetween(*source, scene.target);
  far.Send(1000, 1000);
  ASSERT_TRUE(place.Until([&] { return scene.transfer.taken() == 1000; }));
  source->BeginClose();
  ASSERT_TRUE(place.Until([&] { return source->closed; }));
  source.reset();
  EXPECT_EQ(scene.ended, 0);  // a thread of the disks is writing
  held.LetGo();
  ASSERT_TRUE(scene.Ends());
  EXPECT_EQ(Text(scene.result), "1000 closed");
  EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kSource);
  EXPECT_EQ(scene.Arrived().size(), 1000u);
}

SPLICE_TEST(DisksTest, SP_21_AFileIsInUseUntilTheThreadHasWritten) {
  Place<B> place;
  splice::DiskThreads disks(1);
  Held held;
  held.Hold(disks);
  Scene<B> scene(place, "memory", io::Transport::kTcp4, 0, &disks);
  scene.Begin();
  scene.far.Send(1000, 1000);
  ASSERT_TRUE(place.Until([&] { return scene.transfer.taken() == 1000; }));
  static bool closed;
  closed = false;
  EXPECT_EQ(scene.target.Close([](splice::Target<B>&) noexcept { closed = true; }), io::Errc::kOk);
  place.InVain();
  EXPECT_FALSE(closed);
  EXPECT_EQ(scene.ended, 0);
  held.LetGo();
  ASSERT_TRUE(scene.Ends());
  EXPECT_TRUE(closed);
  EXPECT_EQ(Text(scene.result), "1000 closed");
  EXPECT_TRUE(IsSent(scene.Arrived(), 0));
}

SPLICE_TEST(DisksTest, SP_17_FirstBytesAreWrittenByAThreadToo) {
  Place<B> place;
  splice::DiskThreads disks(2);
  Scene<B> scene(place, "memory", io::Transport::kTcp4, 777, &disks);
  std::vector<std::byte> first(777);
  for (size_t i = 0; i < first.size(); ++i) first[i] = SentByte(i);
  splice::Plan plan;
  plan.first = first;
  scene.Begin(plan);
  ASSERT_TRUE(scene.Finish(200'000));
  EXPECT_EQ(Text(scene.result), "200777 ok");
  EXPECT_TRUE(IsSent(scene.Arrived(), 0));
}

// The threads are there before any loop, and inherit no mask from one.
SPLICE_TEST(DisksTest, SP_38_NoSignalKillsAThreadOfTheDisks) {
  splice::DiskThreads disks(1);
  Place<B> place;
  Scene<B> scene(place, "limited", io::Transport::kTcp4, 0, &disks);
  scene.Begin();
  ASSERT_TRUE(scene.Finish(300'000));
  EXPECT_EQ(scene.result.os, EFBIG);
  EXPECT_EQ(scene.result.n, 100'000);
}

}  // namespace
}  // namespace tare::suites
