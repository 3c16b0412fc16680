// SPDX-License-Identifier: Apache-2.0
// The pool: clean pipes, a bounded number of them, none open afterwards; and nothing is allocated.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>

#include "suites/splice_write_to/transfer_fixture.h"
#include "suites/support/descriptors.h"
#include "tare/alloc_scope.h"

namespace tare::suites {
namespace {

template <class B>
class PoolTest : public TransferTest<B> {};
TYPED_TEST_SUITE(PoolTest, AllBackends, BackendNames);

int OpenHandles() {
  int count = 0;
  for (int h = 0; h < 1024; ++h) count += fcntl(h, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

SPLICE_TEST(PoolTest, SP_25_RS_05_PipesArePooledBoundedCloseOnExecAndGoneAfterwards) {
  const int before = OpenHandles();
  {
    Place<B> place;
    const int with_loop = OpenHandles();
    std::array<splice::Pipe, splice::Pool::kMostIdle + 6> pipes;
    for (splice::Pipe& pipe : pipes) {
      ASSERT_TRUE(place.pool.Take(pipe).ok());
      EXPECT_NE(fcntl(pipe.from, F_GETFD) & FD_CLOEXEC, 0);
      EXPECT_NE(fcntl(pipe.to, F_GETFD) & FD_CLOEXEC, 0);
      EXPECT_GE(pipe.size, size_t{4096});
    }
    for (splice::Pipe& pipe : pipes) place.pool.Give(pipe);
    EXPECT_EQ(place.pool.idle(), splice::Pool::kMostIdle);
    EXPECT_EQ(OpenHandles(), with_loop + 2 * static_cast<int>(splice::Pool::kMostIdle));
    // The next one is one of them.
    CallFaults::Clear();
    splice::Pipe again;
    ASSERT_TRUE(place.pool.Take(again).ok());
    EXPECT_EQ(CallFaults::Count(Call::kMakePipe), 0);
    place.pool.Give(again);
  }
  EXPECT_EQ(OpenHandles(), before);
}

SPLICE_TEST(PoolTest, SP_25_IdlePipesAreClosedAndThoseInUseAreNot) {
  splice::Pool::Options options;
  options.idle = 20 * kMillisecond;
  Place<B> place(options);
  std::array<splice::Pipe, 3> pipes;
  for (splice::Pipe& pipe : pipes) ASSERT_TRUE(place.pool.Take(pipe).ok());
  place.pool.Give(pipes[0]);
  place.pool.Give(pipes[1]);
  ASSERT_TRUE(place.Until([&] { return place.pool.idle() == 0; }));
  EXPECT_GE(fcntl(pipes[2].from, F_GETFD), 0);
  place.pool.Give(pipes[2]);
}

SPLICE_TEST(PoolTest, SP_25_ADirtyPipeIsNotGivenBack) {
  Place<B> place;
  {
    Scene<B> scene(place, "memory");
    CallFaults::Fail(Call::kSpliceOut, EIO, 0, kForGood);
    scene.Begin();
    ASSERT_TRUE(scene.Finish(5000));
    EXPECT_GT(scene.transfer.held(), 0u);
    EXPECT_EQ(place.pool.idle(), 0u);
    CallFaults::Clear();
  }
  EXPECT_EQ(place.pool.idle(), 0u);
  Scene<B> scene(place, "memory");
  scene.Begin();
  ASSERT_TRUE(scene.Finish(5000));
  EXPECT_EQ(place.pool.idle(), 1u);
  EXPECT_TRUE(IsSent(scene.Arrived(), 0));
}

SPLICE_TEST(PoolTest, NothingIsAllocatedAfterTheFirstTransfer) {
  Place<B> place;
  for (const char* destination : {"memory", "append", "tcp"}) {
    Scene<B> scene(place, destination);
    for (uint64_t i = 1; i <= 3; ++i) {
      scene.far.Send(i * 20'000, 20'000);
      const AllocScope scope;
      scene.Begin(scene.Limit(20'000));
      while (scene.ended == 0) place.loop.Turn(io::Now().Plus(kSecond));
      if (i > 1) {
        EXPECT_EQ(scope.Delta().allocs, 0) << destination;
      }
      EXPECT_EQ(Text(scene.result), "20000 ok");
    }
  }
}

SPLICE_TEST(PoolTest, CC_05_ADiskThatIsSlowHoldsAThreadUpAndNotTheLoop) {
  Place<B> place;
  splice::DiskThreads disks(1);
  ASSERT_EQ(disks.made(), 1);
  // The one thread is held by a job that waits for us.
  struct Held : splice::DiskThreads::Job {
    std::atomic<bool> begun{false}, let_go{false};
  } held;
  held.work = [](splice::DiskThreads::Job& job) noexcept {
    auto& h = static_cast<Held&>(job);
    h.begun = true;
    h.begun.notify_all();
    h.let_go.wait(false);
  };
  disks.Submit(held);
  held.begun.wait(false);
  Scene<B> slow(place, "memory", io::Transport::kTcp4, 0, &disks);
  Scene<B> other(place, "memory");
  slow.Begin();
  slow.far.Send(10'000, 10'000);
  ASSERT_TRUE(place.Until([&] { return slow.transfer.taken() == 10'000; }));
  other.Begin();
  ASSERT_TRUE(other.Finish(50'000));
  EXPECT_EQ(Text(other.result), "50000 ok");
  EXPECT_EQ(slow.ended, 0);
  held.let_go = true;
  held.let_go.notify_all();
  ASSERT_TRUE(slow.Finish(10'000));
  EXPECT_EQ(Text(slow.result), "10000 ok");
  EXPECT_TRUE(IsSent(slow.Arrived(), 0));
}

}  // namespace
}  // namespace tare::suites
