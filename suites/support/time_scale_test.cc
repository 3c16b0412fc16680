// SPDX-License-Identifier: Apache-2.0
// Bounds stretch by what the machine keeps from a test, no further, and not at all on a quiet one.
#include "suites/support/time_scale.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cstdio>
#include <ctime>
#include <thread>

namespace tare::suites {
namespace {

// A machine whose time passes as a test says.
int64_t g_now, g_stalled;
const MachineClock kFake = {[]() noexcept -> int64_t { return g_now; },
                            []() noexcept -> int64_t { return g_stalled; },
                            []() noexcept -> int64_t { return g_stalled; }};

class TimeScaleTest : public testing::Test {
 protected:
  TimeScaleTest() {
    g_now = 1'000'000;
    g_stalled = 500;
  }
  // Lets time pass, of which the machine keeps a part for itself.
  static void Pass(int64_t nanos, int64_t kept = 0) {
    g_now += nanos;
    g_stalled += kept;
  }
};

// An injected delay is seen in full.
TEST_F(TimeScaleTest, OnAQuietMachineAStopwatchShowsWhatHasPassed) {
  const Stopwatch watch(kFake);
  EXPECT_EQ(watch.Took(), 0);
  Pass(150);
  EXPECT_EQ(watch.Took(), 150);
}

TEST_F(TimeScaleTest, AStopwatchLeavesOutWhatTheMachineKept) {
  const Stopwatch watch(kFake);
  Pass(150, 60);
  EXPECT_EQ(watch.Took(), 90);
  Pass(50, -560);  // of threads that are gone
  EXPECT_EQ(watch.Took(), 200);
}

TEST_F(TimeScaleTest, NoFaultTakesNoTimeHoweverBusyTheMachineIs) {
  const Stopwatch watch(kFake);
  Pass(2000, 16'000);  // eight threads in line
  EXPECT_EQ(watch.Took(), 200);
}

// On a quiet machine an allowance ends when it says, not later.
TEST_F(TimeScaleTest, OnAQuietMachineAnAllowanceIsSpentAtItsEnd) {
  Allowance allowance(100, kFake);
  EXPECT_EQ(allowance.until(), 1'000'100);
  Pass(99);
  EXPECT_FALSE(allowance.Spent());
  EXPECT_EQ(allowance.until(), 1'000'100);
  Pass(1);
  EXPECT_TRUE(allowance.Spent());
  EXPECT_TRUE(allowance.Spent()) << "and stays so";
}

// Every machine keeps some microseconds. For them nobody looks once more, and so finds what it
// should have been woken for.
TEST_F(TimeScaleTest, LessThanAnEighthIsNotAdded) {
  Allowance allowance(800, kFake);
  Pass(800, 99);
  EXPECT_TRUE(allowance.Spent());
  EXPECT_EQ(allowance.until(), 1'000'800);
  Allowance longer(800, kFake);
  Pass(800, 100);
  EXPECT_FALSE(longer.Spent());
}

// A machine that stood still is no reason to give up before anything could be done.
TEST_F(TimeScaleTest, AnAllowanceIsLongerByWhatTheMachineKept) {
  Allowance allowance(100, kFake);
  Pass(150, 140);
  EXPECT_FALSE(allowance.Spent());
  EXPECT_EQ(allowance.until(), 1'000'240);
  Pass(89);
  EXPECT_FALSE(allowance.Spent());
  Pass(1, 1);
  EXPECT_FALSE(allowance.Spent());
  Pass(1);
  EXPECT_TRUE(allowance.Spent());
}

TEST_F(TimeScaleTest, AnAllowanceIsNeverMoreThanTenTimesItself) {
  Allowance allowance(100, kFake);
  for (int i = 0; i < 999; ++i) {
    Pass(1, 100);
    EXPECT_FALSE(allowance.Spent()) << i;
  }
  Pass(1, 100);
  EXPECT_TRUE(allowance.Spent());
}

TEST_F(TimeScaleTest, AnAllowanceOfNothingIsSpentAtOnce) {
  EXPECT_TRUE(Allowance(0, kFake).Spent());
}

int64_t ThreadCpu() {
  timespec spent;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return int64_t{spent.tv_sec} * 1'000'000'000 + spent.tv_nsec;
}

// The real one: of two threads on one CPU one is always in line while both have work.
TEST(StalledTest, TheTimeInLineIsSeen) {
  constexpr int64_t kWork = 30'000'000;
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);

  const int64_t begin = Stalled();
  std::atomic<int> here{0}, done{0};
  int64_t stalled = 0;
  const auto work = [&] {
    ASSERT_EQ(pthread_setaffinity_np(pthread_self(), sizeof one, &one), 0);
    ++here;
    while (here < 2) std::this_thread::yield();
    const int64_t until = ThreadCpu() + kWork;
    while (ThreadCpu() < until) {
    }
    if (++done == 2) stalled = Stalled() - begin;  // before its own part is gone
    while (done < 2) std::this_thread::yield();
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
  if (begin == 0 && stalled == 0) {
    std::printf("not applicable: this system does not say how long threads are in line\n");
    return;
  }
  // Each waits while the other works, but for the last slice.
  EXPECT_GE(stalled, kWork / 2);
}

}  // namespace
}  // namespace tare::suites
