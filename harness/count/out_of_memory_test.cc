// SPDX-License-Identifier: Apache-2.0
// When memory really runs out, the allocations that fail are not counted, and those before and
// after are.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "count/counters.h"
#include "tare/allocs_per_run.h"

namespace tare::count {
namespace {

void* Malloc(size_t size) {
  return malloc(size);
}
void* Calloc(size_t size) {
  return calloc(1, size);
}
void* Aligned(size_t size) {
  return aligned_alloc(64, size);
}
void* New(size_t size) {
  return ::operator new(size, std::nothrow);
}

// Allocates all there is, until it has failed a hundred times; frees it; allocates again. Returns
// whether the count is what calls have succeeded. In a child: the limit holds for the whole
// process.
bool CountsUntilNothingIsLeft(void* (*allocate)(size_t), size_t size) {
  constexpr rlim_t kAddressSpace = rlim_t{256} << 20;
  const rlimit limit = {kAddressSpace, kAddressSpace};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return false;
  const AllocCount before = ReadProcess();
  uint64_t calls = 0;
  void** last = nullptr;  // a list through the blocks
  // jemalloc gives unused pages back as time goes by, so that one call may find room where the last
  // found none.
  for (int failed = 0; failed < 100;) {
    errno = 0;
    void* const p = allocate(size);
    if (p == nullptr) {
      if (errno != ENOMEM) return false;
      ++failed;
      continue;
    }
    *static_cast<void**>(p) = last;
    last = static_cast<void**>(p);
    ++calls;
  }
  const AllocCount full = ReadProcess() - before;
  while (last != nullptr) {
    void** const previous = static_cast<void**>(*last);
    free(last);
    last = previous;
  }
  free(allocate(size));
  const AllocCount again = ReadProcess() - before;
  return calls > 1000 && full.allocs == calls && full.bytes_requested == calls * size &&
         full.frees == 0 && again.allocs == calls + 1 && again.frees == calls + 1 &&
         again.bytes_requested == (calls + 1) * size && again.BytesLive() == 0;
}

void Check(void* (*allocate)(size_t)) {
  for (const size_t size : {size_t{64}, size_t{4096}, size_t{40'000}}) {
    const pid_t pid = fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) _exit(CountsUntilNothingIsLeft(allocate, size) ? 0 : 1);
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << size << " bytes at a time";
  }
}

TEST(OutOfMemory, MallocThatFailsIsNotCounted) {
  Check(&Malloc);
}
TEST(OutOfMemory, CallocThatFailsIsNotCounted) {
  Check(&Calloc);
}
TEST(OutOfMemory, AlignedAllocThatFailsIsNotCounted) {
  Check(&Aligned);
}
TEST(OutOfMemory, NewThatFailsIsNotCounted) {
  Check(&New);
}

}  // namespace
}  // namespace tare::count
