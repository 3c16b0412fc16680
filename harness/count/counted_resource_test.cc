// SPDX-License-Identifier: Apache-2.0
// Accounts of single containers: planted counts, moves and copies, failures, threads.

#include "tare/counted_resource.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tare/alloc_scope.h"

namespace tare {

void PrintTo(const ResourceCount& c, std::ostream* os) {
  *os << c.allocs << " allocs, " << c.frees << " frees, " << c.bytes_requested
      << " bytes requested, " << c.bytes_live << " live, " << c.bytes_peak << " at the peak";
}

namespace {

template <class T>
using Vector = std::vector<T, CountingAllocator<T>>;

ResourceCount Counted(uint64_t allocs, uint64_t frees, uint64_t requested, uint64_t live,
                      uint64_t peak) {
  return {.allocs = allocs,
          .frees = frees,
          .bytes_requested = requested,
          .bytes_live = live,
          .bytes_peak = peak};
}

// Throws at the nth allocation.
class ThrowingResource final : public std::pmr::memory_resource {
 public:
  explicit ThrowingResource(int nth) : left_(nth) {}

 private:
  void* do_allocate(size_t bytes, size_t alignment) override {
    if (--left_ == 0) throw std::bad_alloc();
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, size_t bytes, size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  int left_;
};

TEST(CountedResourceTest, CountsWhatWasPlanted) {
  CountedResource account("planted");
  EXPECT_EQ(account.Count(), ResourceCount{});
  void* const a = account.allocate(100);
  void* const b = account.allocate(24, 64);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b) % 64, 0u);
  account.deallocate(a, 100);
  EXPECT_EQ(account.Count(), Counted(2, 1, 124, 24, 124));
  void* const nothing = account.allocate(0);
  EXPECT_EQ(account.Count(), Counted(3, 1, 124, 24, 124));
  EXPECT_EQ(account.Count().BlocksLive(), 2u);
  account.ResetPeak();
  EXPECT_EQ(account.Count(), Counted(3, 1, 124, 24, 24));
  account.deallocate(nothing, 0);
  account.deallocate(b, 24, 64);
  EXPECT_EQ(account.Count(), Counted(3, 3, 124, 0, 24));
}

TEST(CountedResourceTest, AContainerOfContainersIsOneAccount) {
  CountedResource account("names");
  {
    std::pmr::vector<std::pmr::string> names(&account);
    names.reserve(2);
    names.emplace_back(std::string(99, 'x'));
    names.emplace_back("short");  // within the string
    const uint64_t table = 2 * sizeof(std::pmr::string);
    EXPECT_EQ(account.Count(), Counted(2, 0, table + 100, table + 100, table + 100));
  }
  EXPECT_EQ(account.Count().BlocksLive(), 0u);
  EXPECT_EQ(account.Count().bytes_live, 0u);
}

TEST(CountedResourceTest, HasANameAndAnUpstream) {
  CountedResource inner("inner");
  CountedResource outer(std::string("outer"), &inner);
  EXPECT_EQ(outer.name(), "outer");
  EXPECT_EQ(outer.upstream(), &inner);
  outer.deallocate(outer.allocate(8), 8);
  EXPECT_EQ(inner.Count(), Counted(1, 1, 8, 0, 8));
  EXPECT_EQ(outer.Count(), inner.Count());
  EXPECT_FALSE(inner.is_equal(outer));
  EXPECT_TRUE(inner.is_equal(inner));
}

TEST(CountedResourceTest, DefaultIsOneForAll) {
  ASSERT_NE(CountedResource::Default(), nullptr);
  EXPECT_EQ(CountedResource::Default(), CountedResource::Default());
  EXPECT_EQ(CountedResource::Default()->name(), "default");
  const ResourceCount before = CountedResource::Default()->Count();
  const std::pmr::vector<int> v(10, CountedResource::Default());
  EXPECT_EQ(CountedResource::Default()->Count().allocs, before.allocs + 1);
}

TEST(CountedResourceTest, WhatUpstreamThrowsPassesAndIsNotCounted) {
  ThrowingResource upstream(2);
  CountedResource account("throwing", &upstream);
  void* const p = account.allocate(10);
  EXPECT_THROW((void)account.allocate(1000), std::bad_alloc);
  EXPECT_EQ(account.Count(), Counted(1, 0, 10, 10, 10));
  account.deallocate(p, 10);
  EXPECT_EQ(account.Count(), Counted(1, 1, 10, 0, 10));

  // A vector that cannot grow is as it was, and its account too.
  ThrowingResource second(2);
  CountedResource other("vector", &second);
  Vector<int> v(CountingAllocator<int>{other});
  v.push_back(1);
  EXPECT_THROW(v.push_back(2), std::bad_alloc);
  EXPECT_EQ(other.Count(), Counted(1, 0, 4, 4, 4));
}

TEST(CountedResourceDeathTest, NullUpstreamIsNamed) {
  EXPECT_DEATH(CountedResource("nowhere", nullptr),
               "CountedResource nowhere: its upstream is null");
}

TEST(CountedResourceTest, IsExactOverThreads) {
  CountedResource account("threads");
  constexpr int kThreads = 4, kRounds = 5000;
  std::vector<std::thread> threads;
  std::vector<void*> kept(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&account, &kept, t] {
      for (int i = 0; i < kRounds; ++i) {
        const size_t size = 1 + static_cast<size_t>(i + t) % 64;
        account.deallocate(account.allocate(size), size);
      }
      kept[static_cast<size_t>(t)] = account.allocate(1000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const ResourceCount count = account.Count();
  uint64_t requested = kThreads * 1000;
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kRounds; ++i) requested += 1 + static_cast<uint64_t>(i + t) % 64;
  }
  EXPECT_EQ(count.allocs, kThreads * (kRounds + 1u));
  EXPECT_EQ(count.frees, kThreads * (kRounds + 0u));
  EXPECT_EQ(count.bytes_requested, requested);
  EXPECT_EQ(count.bytes_live, kThreads * 1000u);
  EXPECT_GE(count.bytes_peak, kThreads * 1000u);
  EXPECT_LE(count.bytes_peak, kThreads * 1064u);
  for (void* const p : kept) account.deallocate(p, 1000);  // on another thread
  EXPECT_EQ(account.Count().BlocksLive(), 0u);
  EXPECT_EQ(account.Count().bytes_live, 0u);
}

// The comparisons above are not blind: an allocation that passes by the account is missed in it.
TEST(CountedResourceTest, AnAllocationElsewhereMakesADifference) {
  CountedResource planted("planted"), other("other");
  Vector<int> v(CountingAllocator<int>{other});
  v.reserve(4);
  EXPECT_NE(planted.Count(), Counted(1, 0, 16, 16, 16));
  EXPECT_EQ(other.Count(), Counted(1, 0, 16, 16, 16));
}

TEST(CountingAllocatorTest, TwoContainersAreApart) {
  CountedResource a("a"), b("b");
  Vector<int64_t> u(CountingAllocator<int64_t>{a});
  Vector<int64_t> v(CountingAllocator<int64_t>{b});
  u.reserve(10);
  v.reserve(3);
  v.reserve(5);
  EXPECT_EQ(a.Count(), Counted(1, 0, 80, 80, 80));
  EXPECT_EQ(b.Count(), Counted(2, 1, 64, 40, 64));  // both at once while it grows
}

TEST(CountingAllocatorTest, RebindsToTheNodesOfAContainer) {
  CountedResource account("nodes");
  {
    std::list<int, CountingAllocator<int>> list(CountingAllocator<int>{account});
    for (int i = 0; i < 5; ++i) list.push_back(i);
    EXPECT_EQ(account.Count().allocs, 5u);
    EXPECT_GT(account.Count().bytes_live, 5 * sizeof(int)) << "nodes, not ints";
    using Pair = std::pair<const int, int>;
    std::map<int, int, std::less<>, CountingAllocator<Pair>> map(CountingAllocator<Pair>{account});
    map[1] = 1;
    map[2] = 2;
    EXPECT_EQ(account.Count().allocs, 7u);
    EXPECT_EQ(&map.get_allocator().account(), &account);
  }
  EXPECT_EQ(account.Count().BlocksLive(), 0u);
  EXPECT_EQ(account.Count().bytes_live, 0u);

  const CountingAllocator<int> ints(account);
  const CountingAllocator<char> chars(ints);
  EXPECT_TRUE(ints == chars);
  EXPECT_TRUE(ints == CountingAllocator<int>(chars));
}

TEST(CountingAllocatorTest, MovesAndSwapsTakeTheAccountAlong) {
  using Traits = std::allocator_traits<CountingAllocator<int>>;
  static_assert(Traits::propagate_on_container_move_assignment::value);
  static_assert(Traits::propagate_on_container_swap::value);
  static_assert(!Traits::propagate_on_container_copy_assignment::value);
  static_assert(!Traits::is_always_equal::value);

  CountedResource a("a"), b("b");
  Vector<int> u({1, 2, 3}, CountingAllocator<int>{a});
  Vector<int> v({4, 5}, CountingAllocator<int>{b});
  const int* const data = u.data();
  swap(u, v);
  EXPECT_EQ(v.data(), data);
  EXPECT_EQ(&v.get_allocator().account(), &a);
  u = std::move(v);  // b's memory is freed, a's comes along
  EXPECT_EQ(u.data(), data);
  EXPECT_EQ(&u.get_allocator().account(), &a);
  EXPECT_EQ(a.Count(), Counted(1, 0, 12, 12, 12));
  EXPECT_EQ(b.Count(), Counted(1, 1, 8, 0, 8));
  const Vector<int> w(std::move(u));
  EXPECT_EQ(a.Count(), Counted(1, 0, 12, 12, 12));
}

TEST(CountingAllocatorTest, CopiesAreCountedWhereTheirOriginalIs) {
  CountedResource a("a"), b("b");
  const Vector<int> original({1, 2, 3}, CountingAllocator<int>{a});
  const Vector<int> copy = original;
  EXPECT_EQ(a.Count().allocs, 2u);
  const Vector<int> elsewhere(original, CountingAllocator<int>{b});
  EXPECT_EQ(a.Count().allocs, 2u);
  EXPECT_EQ(b.Count(), Counted(1, 0, 12, 12, 12));
  // Who is assigned to keeps the account.
  Vector<int> target(CountingAllocator<int>{b});
  target = original;
  EXPECT_EQ(&target.get_allocator().account(), &b);
  EXPECT_EQ(b.Count(), Counted(2, 0, 24, 24, 24));
  EXPECT_EQ(a.Count().allocs, 2u);
}

TEST(CountingAllocatorTest, MoreThanTheAddressSpaceIsRefused) {
  CountedResource account("huge");
  CountingAllocator<int64_t> allocator(account);
  EXPECT_THROW((void)allocator.allocate(SIZE_MAX / 4), std::bad_array_new_length);
  EXPECT_EQ(account.Count(), ResourceCount{});
}

// The account itself allocates nothing: the process sees the container's calls and no others.
TEST(CountedResourceTest, AllocatesNothingItself) {
  if (!AllocScope::WhyNot().empty()) {
    std::cout << "not applicable: " << AllocScope::WhyNot() << "\n";
    return;
  }
  CountedResource account("itself");
  const AllocScope scope(AllocScope::kThisThread);
  account.deallocate(account.allocate(48), 48);
  (void)account.Count();
  const AllocCount process = scope.Delta();
  EXPECT_EQ(process.allocs, 1u);
  EXPECT_EQ(process.frees, 1u);
  EXPECT_EQ(process.bytes_requested, 48u);
}

}  // namespace
}  // namespace tare
