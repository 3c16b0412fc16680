// SPDX-License-Identifier: Apache-2.0
// An injected fault fails the allocation it is told to, once, by whatever entry point, and is not
// counted.

#include "tare/alloc_fault.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <cerrno>
#include <new>
#include <semaphore>
#include <thread>

#include "tare/allocs_per_run.h"

namespace tare {
namespace {

void* Malloc(size_t size) {
  void* p = malloc(size);
  asm volatile("" : "+r"(p) : : "memory");
  return p;
}

TEST(AllocFault, FailsTheNthAllocationAndNoOther) {
  const AllocScope scope(AllocScope::kThisThread);
  void* blocks[4];
  {
    const AllocFault fault(3);
    blocks[0] = Malloc(64);
    blocks[1] = Malloc(64);
    EXPECT_FALSE(fault.Fired());
    errno = 0;
    blocks[2] = Malloc(64);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_TRUE(fault.Fired());
    blocks[3] = Malloc(64);
  }
  EXPECT_EQ(scope.Delta().allocs, 3u);
  EXPECT_EQ(scope.Delta().bytes_requested, 192u);
  EXPECT_EQ(scope.Delta().bytes_usable, 3 * malloc_usable_size(blocks[0]));
  EXPECT_NE(blocks[0], nullptr);
  EXPECT_NE(blocks[1], nullptr);
  EXPECT_EQ(blocks[2], nullptr);
  EXPECT_NE(blocks[3], nullptr);
  for (void* block : blocks) free(block);
}

TEST(AllocFault, FailsEveryEntryPointItsOwnWay) {
  void* volatile p = Malloc(64);  // or GCC takes it for freed by the realloc that fails
  const auto fails = [](auto allocate) {
    const AllocFault fault(1);
    return allocate() == nullptr && fault.Fired();
  };
  EXPECT_TRUE(fails([] { return calloc(1, 64); }));
  EXPECT_TRUE(fails([&] { return realloc(p, 128); })) << "and p is still allocated";
  EXPECT_TRUE(fails([] { return aligned_alloc(64, 64); }));
  EXPECT_TRUE(fails([] { return strdup("tare"); }));
  EXPECT_TRUE(fails([] { return ::operator new(64, std::nothrow); }));
  {
    const AllocFault fault(1);
    EXPECT_THROW(static_cast<void>(::operator new(64)), std::bad_alloc);
    EXPECT_TRUE(fault.Fired());
  }
  {
    const AllocFault fault(1);
    void* const kept = p;
    void* untouched = kept;
    EXPECT_EQ(posix_memalign(&untouched, 64, 64), ENOMEM);
    EXPECT_EQ(untouched, kept);
  }
  free(p);
}

TEST(AllocFault, ConcernsItsThreadOnly) {
  std::binary_semaphore armed{0};
  void* p = nullptr;
  std::thread other([&] {
    armed.acquire();
    p = Malloc(64);
  });
  {
    const AllocFault fault(1);
    armed.release();
    other.join();
    EXPECT_FALSE(fault.Fired());
  }
  EXPECT_NE(p, nullptr);
  free(p);
}

TEST(AllocFault, OneThatDoesNotFireIsDisarmed) {
  { const AllocFault fault(1); }
  void* const p = Malloc(64);
  EXPECT_NE(p, nullptr);
  free(p);
}

TEST(AllocFault, MistakesAreNamed) {
  EXPECT_DEATH(AllocFault(0), "numbered from 1");
  const AllocFault fault(1'000'000);
  EXPECT_DEATH(AllocFault(1), "one armed already");
}

}  // namespace
}  // namespace tare
