// SPDX-License-Identifier: Apache-2.0
// Threads that live, that have ended, that allocate on their way out, that only free; roles; fork.

#include <gtest/gtest.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

#include "count/counters.h"
#include "count/peak.h"
#include "tare/allocs_per_run.h"

namespace tare::count {
namespace {

// Hides from the compiler what is done with `p`.
void* Opaque(void* p) {
  asm volatile("" : "+r"(p) : : "memory");
  return p;
}

void* Malloc(size_t size) {
  return Opaque(malloc(size));
}

// What the allocator that is counted over sets aside: jemalloc 64 for 64, glibc 72.
uint64_t UsableOf(size_t size) {
  void* const p = Malloc(size);
  const size_t usable = malloc_usable_size(p);
  free(p);
  return usable;
}

// An allocation of `size` bytes, and its free.
AllocCount PairOf(size_t size) {
  const uint64_t usable = UsableOf(size);
  return {.allocs = 1,
          .frees = 1,
          .bytes_requested = size,
          .bytes_usable = usable,
          .bytes_freed = usable};
}

const AllocCount kPair64 = PairOf(64);

AllocCount Times(int n, AllocCount count) {
  AllocCount sum;
  for (int i = 0; i < n; ++i) sum += count;
  return sum;
}

void Pairs64(int n) {
  for (int i = 0; i < n; ++i) free(Malloc(64));
}

// A thread that is charged to Role::kBenchmark from its first instruction. A bare pthread, for
// std::thread allocates and frees a state of its own.
class BenchmarkThread {
 public:
  explicit BenchmarkThread(void (*body)()) {
    EXPECT_EQ(pthread_create(&thread_, nullptr, &Main, reinterpret_cast<void*>(body)), 0);
  }
  ~BenchmarkThread() { Join(); }
  void Join() {
    if (!joined_) pthread_join(thread_, nullptr);
    joined_ = true;
  }

 private:
  static void* Main(void* body) {
    SetThisThreadRole(Role::kBenchmark);
    reinterpret_cast<void (*)()>(body)();
    return nullptr;
  }
  pthread_t thread_;
  bool joined_ = false;
};

AllocCount Benchmark() {
  return ReadRole(Role::kBenchmark);
}

TEST(ThreadLife, OneThatHasEndedIsCounted) {
  const AllocCount before = Benchmark();
  BenchmarkThread([] { Pairs64(10); }).Join();
  EXPECT_EQ(Benchmark() - before, Times(10, kPair64));
}

std::binary_semaphore g_allocated{0}, g_go_on{0};

TEST(ThreadLife, OneThatLivesIsCounted) {
  const AllocCount before = Benchmark();
  BenchmarkThread thread([] {
    Pairs64(3);
    g_allocated.release();
    g_go_on.acquire();
    Pairs64(4);
  });
  g_allocated.acquire();
  EXPECT_EQ(Benchmark() - before, Times(3, kPair64));
  g_go_on.release();
  thread.Join();
  EXPECT_EQ(Benchmark() - before, Times(7, kPair64));
}

// Destructors of thread_local objects run before the counter sees the thread end; destructors of
// thread-specific data made later than its own run after, in as many rounds as they ask for.
pthread_key_t g_late_key;
int g_rounds = 0;
bool g_own_count_goes_on = true;

void AllocateLate(void* round) {
  const AllocScope own(AllocScope::kThisThread);
  Pairs64(5);
  free(realloc(Malloc(8), 64));
  g_own_count_goes_on = g_own_count_goes_on && own.Delta().allocs == 7;
  ++g_rounds;
  const auto left = reinterpret_cast<intptr_t>(round) - 1;
  if (left > 0) pthread_setspecific(g_late_key, reinterpret_cast<void*>(left));
}

struct AllocatesAtTheEnd {
  ~AllocatesAtTheEnd() { Pairs64(6); }
};

TEST(ThreadLife, OneThatAllocatesOnItsWayOutIsCounted) {
  g_rounds = 0;
  ASSERT_EQ(pthread_key_create(&g_late_key, &AllocateLate), 0);
  const AllocCount before = Benchmark();
  BenchmarkThread([] {
    thread_local AllocatesAtTheEnd late;
    Opaque(&late);
    Pairs64(1);
    pthread_setspecific(g_late_key, reinterpret_cast<void*>(4));
  }).Join();
  pthread_key_delete(g_late_key);
  EXPECT_EQ(g_rounds, 4);
  EXPECT_TRUE(g_own_count_goes_on);
  const AllocCount moved = PairOf(8) + kPair64;
  // The C library's record of the thread_local's destructor.
  const AllocCount record = PairOf(32);
  EXPECT_EQ(Benchmark() - before, Times(1 + 6 + 4 * 5, kPair64) + Times(4, moved) + record);
}

// A thread is listed at its first alloc, or after some number of frees: neither side may lose any.
std::vector<void*> g_blocks;

void FreeBlocks() {
  for (void* block : g_blocks) free(block);
}

TEST(ThreadLife, OneThatOnlyFreesIsCounted) {
  for (const int n : {1, 127, 128, 129, 130, 1000}) {
    g_blocks.clear();
    g_blocks.reserve(n);
    AllocCount freed{.frees = static_cast<uint64_t>(n)};
    for (int i = 0; i < n; ++i) {
      g_blocks.push_back(Malloc(64));
      freed.bytes_freed += malloc_usable_size(g_blocks.back());  // of glibc's, one may have more
    }
    const AllocCount before = Benchmark();
    BenchmarkThread(&FreeBlocks).Join();
    EXPECT_EQ(Benchmark() - before, freed) << n << " frees";
  }
}

// Detached threads free each other's stacks and what the linker keeps with them, after the last
// destructor: more of them than the C library keeps stacks for.
TEST(ThreadLife, ManyDetachedOnesLeaveTheListInOrder) {
  constexpr int kDetached = 64;
  static std::counting_semaphore<kDetached> done{0};
  for (int round = 0; round < 4; ++round) {
    const AllocCount before = ReadProcess();
    for (int i = 0; i < kDetached; ++i) {
      pthread_t thread;
      ASSERT_EQ(pthread_create(
                    &thread, nullptr,
                    [](void*) -> void* {
                      done.release();
                      return nullptr;
                    },
                    nullptr),
                0);
      pthread_detach(thread);
    }
    for (int i = 0; i < kDetached; ++i) done.acquire();
    const AllocCount delta = ReadProcess() - before;  // walks the list
    EXPECT_LT(delta.allocs, 10'000u);
    EXPECT_LT(delta.frees, 10'000u);
  }
}

TEST(ThreadLife, ARoleIsChargedOnlyWhileItLasts) {
  const AllocCount benchmark = Benchmark();
  const AllocCount others = ReadOthers();
  Pairs64(1);
  EXPECT_EQ(SetThisThreadRole(Role::kBenchmark), Role::kOther);
  Pairs64(2);
  EXPECT_EQ(Benchmark() - benchmark, Times(2, kPair64));
  EXPECT_EQ(SetThisThreadRole(Role::kOther), Role::kBenchmark);
  Pairs64(4);
  EXPECT_EQ(Benchmark() - benchmark, Times(2, kPair64));
  EXPECT_EQ(ReadOthers() - others, Times(5, kPair64));
}

TEST(ThreadLife, TheScopeOfOneThreadSeesNoOther) {
  const AllocScope process;
  const AllocScope own(AllocScope::kThisThread);
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, nullptr,
                [](void*) -> void* {
                  Pairs64(9);
                  return nullptr;
                },
                nullptr),
            0);
  const AllocCount create = own.Delta();  // what pthread_create allocates itself
  pthread_join(thread, nullptr);
  EXPECT_LT(own.Delta().allocs, 9u);
  EXPECT_EQ((process.Delta() - create).allocs, 9u);
}

// --- fork --------------------------------------------------------------------------------------

// In the child: returns 0 or the line that failed. GoogleTest's checks are the parent's.
#define CHILD_CHECK(condition) \
  if (!(condition)) return __LINE__ % 255 + 1

int InChild(const AllocCount& at_fork) {
  const AllocCount start = ReadProcess();
  CHILD_CHECK(start.allocs >= at_fork.allocs);  // the parent's count goes on
  Pairs64(10);
  CHILD_CHECK(ReadProcess() - start == Times(10, kPair64));
  // New threads get the stacks, and so the slots, of threads that are not here any more.
  for (int i = 0; i < 16; ++i) {
    const AllocCount before = Benchmark();
    BenchmarkThread([] { Pairs64(7); }).Join();
    CHILD_CHECK(Benchmark() - before == Times(7, kPair64));
  }
  return 0;
}

void ForkAndCheck() {
  const AllocCount at_fork = ReadProcess();
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) _exit(InChild(at_fork));
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0)
      << "the check in line " << WEXITSTATUS(status) - 1 << " (modulo 255) failed in the child";
}

// Whichever was listed first: a thread that gets the stack, and so the slot, of one that has ended
// finds the list without it.
TEST(ThreadLife, ThoseThatEndInAnyOrderLeaveTheList) {
  static std::binary_semaphore go_first{0}, go_second{0};
  for (const bool in_order : {true, false}) {
    const AllocCount before = Benchmark();
    BenchmarkThread first([] {
      Pairs64(1);
      g_allocated.release();
      go_first.acquire();
    });
    g_allocated.acquire();
    BenchmarkThread second([] {
      Pairs64(2);
      g_allocated.release();
      go_second.acquire();
    });
    g_allocated.acquire();
    (in_order ? go_first : go_second).release();
    (in_order ? first : second).Join();
    (in_order ? go_second : go_first).release();
    (in_order ? second : first).Join();
    EXPECT_EQ(Benchmark() - before, Times(3, kPair64));
    for (int i = 0; i < 4; ++i) BenchmarkThread([] { Pairs64(5); }).Join();
    EXPECT_EQ(Benchmark() - before, Times(23, kPair64));
  }
}

// Its calls would not be seen. In a child: what is switched on stays on.
TEST(ThreadLife, NoPeakIsMeasuredBesideAThreadAtWork) {
  EXPECT_EXIT(
      {
        std::thread other([] {
          Pairs64(1);
          g_allocated.release();
          g_go_on.acquire();
        });
        g_allocated.acquire();
        const bool is_refused = !StartPeak() && !WhyNoPeak().empty();
        g_go_on.release();
        other.join();
        _exit(is_refused && StartPeak() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_FALSE(PeakIsOn());
}

TEST(ThreadLife, AForkedChildCountsOn) {
  ForkAndCheck();
}

TEST(ThreadLife, AForkedChildOfABusyParentCountsOn) {
  static std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < 4; ++i) {
    busy.emplace_back([] {
      while (!stop.load(std::memory_order_relaxed)) Pairs64(100);
    });
  }
  for (int i = 0; i < 20; ++i) ForkAndCheck();
  stop = true;
  for (std::thread& thread : busy) thread.join();
}

TEST(ThreadLife, AForkOffTheMainThreadCountsOn) {
  std::thread(&ForkAndCheck).join();
}

}  // namespace
}  // namespace tare::count
