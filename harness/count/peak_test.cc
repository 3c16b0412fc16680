// SPDX-License-Identifier: Apache-2.0
// The peak of live bytes against a model: in one thread, over threads that free each other's
// blocks.
#include "count/peak.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <barrier>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace tare::count {
namespace {

// Before any other thread, as --counts-only has it.
const bool g_is_on = StartPeak();

int64_t Usable(void* block) {
  return static_cast<int64_t>(malloc_usable_size(block));
}

TEST(PeakTest, TheHighestMomentAndNotTheSum) {
  ASSERT_TRUE(g_is_on) << WhyNoPeak();
  ResetPeak();
  EXPECT_EQ(PeakSinceReset(), 0);
  void* const a = std::malloc(100);
  const int64_t of_a = Usable(a);
  EXPECT_EQ(PeakSinceReset(), of_a);
  void* const b = std::malloc(3000);
  const int64_t highest = of_a + Usable(b);
  std::free(b);
  void* const c = std::malloc(50);
  EXPECT_EQ(PeakSinceReset(), highest);
  std::free(c);
  ResetPeak();
  std::free(a);
  EXPECT_EQ(PeakSinceReset(), 0) << "what was alive before is the level, and freeing it no peak";
}

TEST(PeakTest, EveryWayToAllocateIsSeen) {
  const auto peak_of = [](auto allocate) {
    ResetPeak();
    allocate();
    return PeakSinceReset();
  };
  EXPECT_GE(peak_of([] { std::free(std::calloc(10, 1000)); }), 10000);
  EXPECT_GE(peak_of([] { std::free(std::aligned_alloc(4096, 4096)); }), 4096);
  EXPECT_GE(peak_of([] { ::operator delete(::operator new(5000)); }), 5000);
  EXPECT_GE(peak_of([] { auto block = std::make_unique<int64_t[]>(700); }), 5600);
  // A realloc is one step: the block grows, and is not there twice.
  void* block = std::malloc(100000);
  const int64_t before = Usable(block);
  const int64_t grown = peak_of([&] { block = std::realloc(block, 200000); });
  EXPECT_EQ(grown, Usable(block) - before);
  EXPECT_EQ(peak_of([&] { block = std::realloc(block, 10); }), 0);
  std::free(block);
}

TEST(PeakTest, APauseMakesNoPeakButWhatItLeavesIsAlive) {
  ResetPeak();
  PausePeak(true);
  void* const thrown_away = std::malloc(100000);
  std::free(thrown_away);
  void* const input = std::malloc(1000);
  EXPECT_EQ(PeakSinceReset(), 0);
  PausePeak(false);
  EXPECT_EQ(PeakSinceReset(), Usable(input));
  std::free(input);
}

TEST(PeakTest, TwoThreadsAtOnceAndOneAfterTheOther) {
  std::barrier meet(2);
  const auto hold = [&](bool at_once) {
    void* const block = std::malloc(40000);
    if (at_once) meet.arrive_and_wait();
    std::free(block);
  };
  void* const sample = std::malloc(40000);
  const int64_t one = Usable(sample);
  std::free(sample);
  std::thread warm_up([&] { hold(false); });  // what the library keeps for threads
  warm_up.join();
  ResetPeak();
  std::thread([&] { hold(false); }).join();
  std::thread([&] { hold(false); }).join();
  const int64_t apart = PeakSinceReset();
  EXPECT_GE(apart, one);
  EXPECT_LT(apart, 2 * one);
  ResetPeak();
  std::thread first([&] { hold(true); });
  std::thread second([&] { hold(true); });
  first.join();
  second.join();
  EXPECT_GE(PeakSinceReset(), 2 * one);
  EXPECT_LT(PeakSinceReset(), 3 * one);
}

// Four threads take and give back blocks, mostly those of others; a lock makes the order known.
TEST(PeakTest, AgreesWithAModelOverThreads) {
  constexpr int kThreads = 4, kSteps = 20000;
  std::vector<void*> blocks;
  blocks.reserve(kThreads * kSteps);
  int64_t live = 0, highest = 0;
  std::mutex mutex;
  std::barrier start(kThreads + 1), end(kThreads + 1);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      std::mt19937 random(static_cast<unsigned>(i));
      start.arrive_and_wait();
      for (int step = 0; step < kSteps; ++step) {
        const size_t size = random() % 5000;
        const bool takes = random() % 2 == 0;
        const std::lock_guard lock(mutex);
        if (takes || blocks.empty()) {
          blocks.push_back(std::malloc(size));
          live += Usable(blocks.back());
        } else {
          std::swap(blocks[random() % blocks.size()], blocks.back());
          live -= Usable(blocks.back());
          std::free(blocks.back());
          blocks.pop_back();
        }
        highest = std::max(highest, live);
      }
      end.arrive_and_wait();
      start.arrive_and_wait();  // nobody ends before the peak was read
    });
  }
  ResetPeak();
  start.arrive_and_wait();
  end.arrive_and_wait();
  EXPECT_EQ(PeakSinceReset(), highest);
  EXPECT_GT(highest, 100000);
  start.arrive_and_wait();
  for (std::thread& thread : threads) thread.join();
  for (void* const block : blocks) std::free(block);
}

}  // namespace
}  // namespace tare::count
