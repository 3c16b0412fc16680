// SPDX-License-Identifier: Apache-2.0
// Stacks of allocations: each of them, once, with its counts; nothing outside a scope; nothing of
// other threads; and the walk allocates nothing.
#include "tare/sites.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "count/counters.h"
#include "count/sites.h"
#include "tare/alloc_scope.h"

namespace tare {
namespace {

[[gnu::noinline]] void* AllocateHere(size_t size) {
  return std::malloc(size);
}
[[gnu::noinline]] void* AllocateThere(size_t size) {
  return ::operator new(size);
}

// Deep enough that a walk that loses its way shows.
[[gnu::noinline]] void* Deep(int depth, size_t size) {
  if (depth == 0) return AllocateHere(size);
  void* const p = Deep(depth - 1, size);
  asm volatile("" : : "r"(p) : "memory");  // no tail call
  return p;
}

struct Sum {
  uint64_t stacks = 0, allocs = 0, bytes = 0;
  size_t deepest = 0;
};

Sum SumOfSites() {
  Sum sum;
  ForEachSite([&](const Site& site) {
    ++sum.stacks;
    sum.allocs += site.allocs;
    sum.bytes += site.bytes_requested;
    sum.deepest = std::max(sum.deepest, site.depth);
  });
  return sum;
}

bool NoSites() {
  if (StartSites()) return false;
  std::cout << "not applicable: " << WhyNoSites() << "\n";
  return true;
}

TEST(Sites, EachStackOnceWithItsCounts) {
  if (NoSites()) return;
  ClearSites();
  {
    const SiteScope scope;
    for (int i = 0; i < 5; ++i) std::free(AllocateHere(24));
    for (int i = 0; i < 3; ++i) ::operator delete(AllocateThere(100));
  }
  std::free(AllocateHere(24));  // outside the scope
  const Sum sum = SumOfSites();
  EXPECT_EQ(sum.stacks, 2u);
  EXPECT_EQ(sum.allocs, 8u);
  EXPECT_EQ(sum.bytes, 5u * 24 + 3 * 100);
  EXPECT_EQ(LostSites(), 0u);
  ClearSites();
  EXPECT_EQ(SumOfSites().stacks, 0u);
}

TEST(Sites, AddUpToTheCountAndTheWalkAllocatesNothing) {
  if (NoSites()) return;
  ClearSites();
  const AllocScope count(AllocScope::kThisThread);
  {
    const SiteScope scope;
    std::map<int, std::string> map;
    for (int i = 0; i < 1000; ++i) map[i] = std::string(static_cast<size_t>(i % 64), 'x');
  }
  const AllocCount delta = count.Delta();
  const Sum sum = SumOfSites();
  EXPECT_EQ(sum.allocs, delta.allocs);
  EXPECT_EQ(sum.bytes, delta.bytes_requested);
  EXPECT_GT(delta.allocs, 1000u);
}

TEST(Sites, ADeepStackIsWalkedToItsEndOrToTheBound) {
  if (NoSites()) return;
  size_t shallow = 0;
  for (const int depth : {1, 21, 200}) {
    ClearSites();
    {
      const SiteScope scope;
      std::free(Deep(depth, 8));
    }
    ASSERT_EQ(SumOfSites().stacks, 1u);
    const size_t deepest = SumOfSites().deepest;
    if (depth == 1) shallow = deepest;
    EXPECT_EQ(deepest, depth == 200 ? 64 : shallow + static_cast<size_t>(depth) - 1);
  }
}

TEST(Sites, AScopeIsOfItsThread) {
  if (NoSites()) return;
  ClearSites();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      std::free(AllocateHere(16));  // the thread's first, in which the counter gets ready
      const AllocScope count(AllocScope::kThisThread);
      const SiteScope scope;
      for (int i = 0; i < 500; ++i) std::free(AllocateHere(16));
      EXPECT_EQ(count.Delta().allocs, 500u);  // the thread's first walk allocates, uncounted
      EXPECT_EQ(count.Delta().frees, 500u);
      EXPECT_EQ(count.Delta().bytes_requested, 500u * 16);
    });
  }
  threads.emplace_back([] { std::free(AllocateHere(16)); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(SumOfSites().allocs, 2000u);
}

TEST(Sites, WhatFindsNoRoomIsCounted) {
  if (NoSites()) return;
  ClearSites();
  // 6,561 stacks: three calls at each of eight levels.
  struct Tree {
    [[gnu::noinline]] static void Grow(int level) {
      if (level == 0) {
        std::free(AllocateHere(1));
        return;
      }
      Grow(level - 1);
      asm volatile("");
      Grow(level - 1);
      asm volatile("");
      Grow(level - 1);
      asm volatile("");
    }
  };
  {
    const SiteScope scope;
    Tree::Grow(8);
  }
  EXPECT_EQ(SumOfSites().stacks, 4096u);
  EXPECT_EQ(SumOfSites().allocs + LostSites(), 6561u);
  EXPECT_EQ(LostSites(), 6561u - 4096);
  ClearSites();
  EXPECT_EQ(LostSites(), 0u);
}

TEST(Sites, OthersAreThreadsThatRunNoBenchmark) {
  if (NoSites()) return;
  ClearSites();
  count::RecordOthers(true);
  std::free(AllocateHere(16));
  const count::Role before = count::SetThisThreadRole(count::Role::kBenchmark);
  std::free(AllocateHere(16));
  count::SetThisThreadRole(before);
  count::RecordOthers(false);
  std::free(AllocateHere(16));
  EXPECT_EQ(SumOfSites().allocs, 1u);
}

// Blocks of many addresses, freed in no order: each is found again, whatever was freed before it.
TEST(Sites, WatchedBlocksAreThoseThatStillLive) {
  if (NoSites()) return;
  constexpr size_t kBlocks = 40000;
  std::vector<void*> blocks(kBlocks);
  void* const older = AllocateHere(1000);
  const size_t of_older = malloc_usable_size(older);
  count::WatchHeld(true);
  // Of one size they would lie so evenly that none takes the place of another.
  for (size_t i = 0; i < kBlocks; ++i) blocks[i] = AllocateHere(i * i % 4001 + 1);
  std::free(older);
  for (size_t i = 0; i < kBlocks / 4 * 3; ++i) {
    void*& block = blocks[i * 7919 % kBlocks];  // each once: 7919 is a prime
    std::free(block);
    block = nullptr;
  }
  count::WatchHeld(false);
  uint64_t usable = 0;
  for (void* const block : blocks) usable += block != nullptr ? malloc_usable_size(block) : 0;
  const Sum sum = SumOfSites();
  EXPECT_EQ(sum.allocs, kBlocks / 4);
  EXPECT_EQ(sum.bytes, usable);
  EXPECT_EQ(count::HeldSoFar().older_freed, of_older);
  EXPECT_EQ(count::HeldSoFar().lost, 0u);
  for (void* const block : blocks) std::free(block);
}

}  // namespace
}  // namespace tare
