// SPDX-License-Identifier: Apache-2.0
// A million random calls over eight threads, counted and modelled: all figures are equal.

#include <gtest/gtest.h>
#include <malloc.h>
#include <stdlib.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "count/counters.h"
#include "tare/alloc_scope.h"
#include "tare/allocs_per_run.h"

namespace tare::count {
namespace {

constexpr int kThreads = 8;
constexpr int kCalls = 1'000'000;
constexpr uint64_t kSeed = 20261121;

class Random {  // splitmix64
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t Below(uint64_t n) { return Next() % n; }

 private:
  uint64_t state_;
};

// How a block has to be freed.
enum class Kind : uint8_t { kMalloc, kNew, kNewAligned };
struct Block {
  void* p = nullptr;
  size_t size = 0;
  Kind kind = Kind::kMalloc;
};

constexpr std::align_val_t kAlign{128};

// `sized`: by the form that is told the size. (No conditional expression here: clang 14 calls both
// of its arms when they are calls of operator delete.)
void GiveBack(const Block& block, bool sized) {
  switch (block.kind) {
    case Kind::kMalloc:
      return free(block.p);
    case Kind::kNew:
      if (sized) return ::operator delete(block.p, block.size);
      return ::operator delete(block.p);
    case Kind::kNewAligned:
      if (sized) return ::operator delete(block.p, block.size, kAlign);
      return ::operator delete(block.p, kAlign);
  }
}

// Blocks on their way from one thread to another, which frees them.
struct Post {
  std::atomic<Block*> box[64] = {};
};

class Actor {
 public:
  Actor(uint64_t seed, Post& post) : random_(seed), post_(post) {}

  void Run(int calls) {
    for (int i = 0; i < calls; ++i) Step();
  }

  // Gives everything back, so that what is counted and modelled ends in balance.
  void FreeAll() {
    for (Block& block : blocks_) Free(block);
  }

  const AllocCount& model() const { return model_; }

 private:
  static constexpr size_t kBlocks = 512;

  // Mostly small, sometimes large: both of the allocator's paths, and both sides of every limit.
  size_t Size() {
    const uint64_t magnitude = random_.Below(100);
    if (magnitude < 80) return random_.Below(512);
    if (magnitude < 98) return random_.Below(20'000);
    return random_.Below(300'000);
  }

  void Step() {
    Block& block = blocks_[random_.Below(kBlocks)];
    if (block.p == nullptr) return Allocate(block);
    switch (random_.Below(8)) {
      case 0:
      case 1:
      case 2:
        return Reallocate(block);
      case 3:
        return Exchange(block);
      default:
        return Free(block);
    }
  }

  void Allocate(Block& block) {
    const size_t n = block.size = Size();
    block.kind = Kind::kMalloc;
    switch (random_.Below(12)) {
      case 0:
      case 1:
      case 2:
        block.p = malloc(n);
        break;
      case 3:
        block.p = calloc(3, n / 3);
        block.size = n / 3 * 3;
        break;
      case 4:
        block.p = realloc(nullptr, n);
        break;
      case 5:
        block.p = aligned_alloc(256, n);
        break;
      case 6:
        if (posix_memalign(&block.p, 32, n) != 0) block.p = nullptr;
        break;
      case 7:
        block.p = reallocarray(nullptr, 1, n);
        break;
      case 8:
        block.p = random_.Below(2) == 0 ? valloc(n) : pvalloc(n);
        break;
      case 9:
        block.kind = Kind::kNewAligned;
        block.p = ::operator new(n, kAlign);
        break;
      default:
        block.kind = Kind::kNew;
        block.p = ::operator new(n);
    }
    Allocated(block);
  }

  void Reallocate(Block& block) {
    if (block.kind != Kind::kMalloc) return Free(block);
    if (random_.Below(50) == 0) {  // one that fails: nothing happens
      EXPECT_EQ(realloc(block.p, kNone_), nullptr);
      return;
    }
    Freed(block);
    block.size = Size() + 1;
    block.p = realloc(block.p, block.size);
    Allocated(block);
  }

  // Puts the block into a box, and frees the one that was there: it comes from another thread.
  void Exchange(Block& block) {
    Block* const sent = static_cast<Block*>(malloc(sizeof(Block)));
    model_.allocs += 1;
    model_.bytes_requested += sizeof(Block);
    model_.bytes_usable += malloc_usable_size(sent);
    *sent = block;
    block.p = nullptr;
    Receive(post_.box[random_.Below(64)].exchange(sent, std::memory_order_acq_rel));
  }

  void Receive(Block* received) {
    if (received == nullptr) return;
    Free(*received);
    model_.frees += 1;
    model_.bytes_freed += malloc_usable_size(received);
    free(received);
  }

  void Free(Block& block) {
    if (block.p == nullptr) return;
    Freed(block);
    GiveBack(block, random_.Below(2) == 0);
    block.p = nullptr;
  }

  void Allocated(const Block& block) {
    ASSERT_NE(block.p, nullptr);
    model_.allocs += 1;
    model_.bytes_requested += block.size;
    model_.bytes_usable += malloc_usable_size(block.p);
  }

  void Freed(const Block& block) {
    model_.frees += 1;
    model_.bytes_freed += malloc_usable_size(block.p);
  }

  const volatile size_t kNone_ = SIZE_MAX / 2;
  Random random_;
  Post& post_;
  AllocCount model_;
  Block blocks_[kBlocks];
};

TEST(Model, AMillionCallsOverEightThreads) {
  const auto post = std::make_unique<Post>();
  std::vector<std::unique_ptr<Actor>> actors;
  for (int i = 0; i < kThreads; ++i) actors.push_back(std::make_unique<Actor>(kSeed + i, *post));
  std::vector<AllocCount> own(kThreads);

  const AllocCount benchmark_before = ReadRole(Role::kBenchmark);
  const AllocCount process_before = ReadProcess();
  const AllocCount others_before = ReadOthers();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      SetThisThreadRole(Role::kBenchmark);
      const AllocScope scope(AllocScope::kThisThread);
      actors[i]->Run(kCalls / kThreads);
      actors[i]->FreeAll();
      own[i] = scope.Delta();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const AllocCount benchmark = ReadRole(Role::kBenchmark) - benchmark_before;
  const AllocCount process = ReadProcess() - process_before;
  const AllocCount others = ReadOthers() - others_before;

  AllocCount model;
  for (int i = 0; i < kThreads; ++i) {
    EXPECT_EQ(own[i], actors[i]->model()) << "thread " << i;
    model += actors[i]->model();
  }
  EXPECT_GT(model.allocs + model.frees, 900'000u);
  // The threads have ended: the account of their role has it all, and beside the model one free
  // each: of the state in which std::thread hands the function over.
  EXPECT_EQ(benchmark.allocs, model.allocs);
  EXPECT_EQ(benchmark.bytes_requested, model.bytes_requested);
  EXPECT_EQ(benchmark.bytes_usable, model.bytes_usable);
  EXPECT_EQ(benchmark.frees, model.frees + kThreads);
  EXPECT_EQ(process, benchmark + others);

  for (std::atomic<Block*>& box : post->box) {
    if (Block* const left = box.load()) {
      GiveBack(*left, /*sized=*/true);
      free(left);
    }
  }
}

}  // namespace
}  // namespace tare::count
