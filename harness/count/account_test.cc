// SPDX-License-Identifier: Apache-2.0
// What is ours and what a library's: in callbacks, nested, over threads that live and have ended,
// out of exceptions, after a fork; and scopes that end where they must not.

#include <gtest/gtest.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <vector>

#include "count/counters.h"
#include "tare/account.h"
#include "tare/alloc_fault.h"
#include "tare/allocs_per_run.h"

namespace tare {

// What GoogleTest prints.
void PrintTo(const AccountCount& count, std::ostream* os) {
  *os << "own: ";
  PrintTo(count.own, os);
  *os << "; library: ";
  PrintTo(count.library, os);
}

namespace {

// Hides from the compiler what is done with `p`.
void* Opaque(void* p) {
  asm volatile("" : "+r"(p) : : "memory");
  return p;
}

void* Malloc(size_t size) {
  return Opaque(malloc(size));
}

// `n` times an allocation of `size` bytes, and its free.
void Pairs(int n, size_t size) {
  for (int i = 0; i < n; ++i) free(Malloc(size));
}

AllocCount PairsOf(int n, size_t size) {
  void* const p = Malloc(size);
  const uint64_t usable = malloc_usable_size(p);
  free(p);
  const auto count = static_cast<uint64_t>(n);
  return {.allocs = count,
          .frees = count,
          .bytes_requested = count * size,
          .bytes_usable = count * usable,
          .bytes_freed = count * usable};
}

// A library that calls back in the middle of its work: 5 allocations of 100 bytes.
template <class Callback>
void LibraryCall(Callback callback) {
  Pairs(3, 100);
  callback();
  Pairs(2, 100);
}

// 7 allocations of 24 bytes of ours, 4 of them in a callback, and 5 of the library.
void Trip() {
  Pairs(2, 24);
  {
    const LibraryScope library;
    LibraryCall([] {
      const CallbackScope ours;
      Pairs(4, 24);
    });
  }
  Pairs(1, 24);
}

void Trips(int n) {
  for (int i = 0; i < n; ++i) Trip();
}

AccountCount TripsOf(int n) {
  return {PairsOf(7 * n, 24), PairsOf(5 * n, 100)};
}

TEST(Account, SevenOfOursAndFiveOfALibrarysATripAreCountedAsThese) {
  const AccountCount trips = TripsOf(1000);
  const Account process;
  const Account mine(AllocScope::kThisThread);
  const AllocScope total;
  Trips(1000);
  EXPECT_EQ(mine.Delta(), trips);
  EXPECT_EQ(process.Delta(), trips);
  EXPECT_EQ(process.Delta().Total(), total.Delta());
  EXPECT_EQ(process.Delta().own.allocs, 7000u);
  EXPECT_EQ(process.Delta().library.allocs, 5000u);
}

// A bare pthread, for std::thread allocates and frees a state of its own.
class Thread {
 public:
  explicit Thread(void (*body)(), count::Role role = count::Role::kBenchmark) : role_(role) {
    body_ = body;
    EXPECT_EQ(pthread_create(&thread_, nullptr, &Main, this), 0);
  }
  ~Thread() { Join(); }
  void Join() {
    if (!joined_) pthread_join(thread_, nullptr);
    joined_ = true;
  }

 private:
  static void* Main(void* self) {
    count::SetThisThreadRole(static_cast<Thread*>(self)->role_);
    static_cast<Thread*>(self)->body_();
    return nullptr;
  }
  void (*body_)();
  count::Role role_;
  pthread_t thread_;
  bool joined_ = false;
};

AccountCount Benchmark() {
  return count::SplitOfRole(count::Role::kBenchmark);
}

TEST(Account, ThreadsThatHaveEndedAreCounted) {
  const AccountCount trips = TripsOf(1000);
  const Account process;
  const AccountCount before = Benchmark();
  for (int i = 0; i < 3; ++i) Thread([] { Trips(1000); }).Join();
  EXPECT_EQ(Benchmark() - before, trips + trips + trips);
  EXPECT_EQ(process.Delta().library, trips.library + trips.library + trips.library);
}

TEST(Account, TheAccountOfOneThreadSeesNoOther) {
  const Account mine(AllocScope::kThisThread);
  Thread([] { Trips(10); }).Join();
  EXPECT_EQ(mine.Delta().library, AllocCount{});
}

std::binary_semaphore g_there{0}, g_go_on{0};

TEST(Account, ThreadsThatLiveAreCountedInTheMiddleOfAScopeToo) {
  const AccountCount trip = TripsOf(1);
  const AccountCount before = Benchmark();
  Thread thread([] {
    Trip();
    const LibraryScope library;
    LibraryCall([] {
      g_there.release();
      g_go_on.acquire();
    });
  });
  g_there.acquire();
  EXPECT_EQ(Benchmark() - before, (trip + AccountCount{{}, PairsOf(3, 100)}));
  g_go_on.release();
  thread.Join();
  EXPECT_EQ(Benchmark() - before, (trip + AccountCount{{}, PairsOf(5, 100)}));
}

TEST(Account, EachThreadHasScopesOfItsOwn) {
  const AllocCount pairs = PairsOf(6, 24);
  const AccountCount before = Benchmark();
  const LibraryScope library;
  Thread([] { Pairs(6, 24); }).Join();
  EXPECT_EQ(Benchmark() - before, (AccountCount{pairs, {}}));
}

TEST(Account, ARoleIsChargedOnlyWhileItLasts) {
  const AllocCount first = PairsOf(1, 24), second = PairsOf(2, 24);
  const AccountCount benchmark = Benchmark();
  const AccountCount others = count::SplitOfRole(count::Role::kOther);
  {
    const LibraryScope library;
    Pairs(1, 24);
    count::SetThisThreadRole(count::Role::kBenchmark);
    Pairs(2, 24);
    count::SetThisThreadRole(count::Role::kOther);
    Pairs(1, 24);
  }
  EXPECT_EQ(Benchmark() - benchmark, (AccountCount{{}, second}));
  EXPECT_EQ(count::SplitOfRole(count::Role::kOther) - others, (AccountCount{{}, first + first}));
}

// Depth d, alternating or not: the innermost decides, on the way in and on the way out.
void Nest(int depth, AccountCount* expected, const AllocCount& pair) {
  if (depth == 0) return;
  std::optional<LibraryScope> library;
  std::optional<CallbackScope> ours;
  const bool is_librarys = depth % 5 < 3;
  is_librarys ? static_cast<void>(library.emplace()) : static_cast<void>(ours.emplace());
  AllocCount& side = is_librarys ? expected->library : expected->own;
  Pairs(1, 24);
  side += pair;
  Nest(depth - 1, expected, pair);
  Pairs(1, 24);
  side += pair;
}

TEST(Account, TheInnermostScopeDecides) {
  const AllocCount pair = PairsOf(1, 24);
  const Account account;
  AccountCount expected;
  Nest(1000, &expected, pair);
  Pairs(1, 24);
  expected.own += pair;
  EXPECT_EQ(account.Delta(), expected);
}

TEST(Account, ACallbackOutsideALibraryIsOurs) {
  const AllocCount pair = PairsOf(1, 24);
  const Account account;
  {
    const CallbackScope ours;
    Pairs(1, 24);
  }
  EXPECT_EQ(account.Delta(), (AccountCount{pair, {}}));
}

TEST(Account, AnExceptionLeavesTheScopesThatItGoesThrough) {
  const AllocCount pairs = PairsOf(3, 24);
  const std::runtime_error refused("refused");  // its text is shared, and counted already
  AccountCount thrown, caught;
  for (int i = 0; i < 2; ++i) {  // whatever the first of a process sets up
    const Account account(AllocScope::kThisThread);
    try {
      const LibraryScope library;
      const CallbackScope ours;
      const LibraryScope again;
      throw refused;
    } catch (const std::runtime_error&) {
      thrown = account.Delta();
      Pairs(3, 24);
    }
    caught = account.Delta();
  }
  EXPECT_EQ(thrown.library.allocs, 1u) << "the exception object";
  EXPECT_EQ(caught.own - thrown.own,
            (pairs + AllocCount{.frees = 1, .bytes_freed = thrown.library.bytes_usable}))
      << "and it is freed by whoever has caught it";
  EXPECT_EQ(caught.library, thrown.library);
}

// Whose a block was says nothing: a call is counted where it is made.
TEST(Account, BlocksMayBeResizedAndFreedOnTheOtherSide) {
  const AllocCount pair = PairsOf(1, 24), larger = PairsOf(1, 100);
  const Account account;
  void* p = Malloc(24);
  {
    const LibraryScope library;
    p = Opaque(realloc(p, 100));
  }
  free(p);
  const AccountCount delta = account.Delta();
  EXPECT_EQ(delta.own, (AllocCount{.allocs = 1,
                                   .frees = 1,
                                   .bytes_requested = 24,
                                   .bytes_usable = pair.bytes_usable,
                                   .bytes_freed = larger.bytes_usable}));
  EXPECT_EQ(delta.library, (AllocCount{.allocs = 1,
                                       .frees = 1,
                                       .bytes_requested = 100,
                                       .bytes_usable = larger.bytes_usable,
                                       .bytes_freed = pair.bytes_usable}));
}

TEST(Account, AnAllocationThatFailedIsNobodys) {
  const Account account(AllocScope::kThisThread);
  {
    const LibraryScope library;
    const AllocFault fault(1);
    void* const p = Malloc(24);
    EXPECT_EQ(p, nullptr);
  }
  EXPECT_EQ(account.Delta(), AccountCount{});
}

TEST(Account, ScopesAllocateNothing) {
  const AllocScope total;
  for (int i = 0; i < 100; ++i) {
    const LibraryScope library;
    const CallbackScope ours;
    const Account account;
    EXPECT_EQ(account.Delta(), AccountCount{});
  }
  EXPECT_EQ(total.Delta(), AllocCount{});
}

// Destructors of thread-specific data run when the thread is out of the list already: what it
// counts from then on is settled call by call.
pthread_key_t g_late_key;

TEST(Account, AThreadOnItsWayOutIsCounted) {
  const AccountCount trips = TripsOf(3);
  ASSERT_EQ(pthread_key_create(&g_late_key,
                               [](void* left) {
                                 Trip();
                                 const auto more = reinterpret_cast<intptr_t>(left) - 1;
                                 if (more > 0) {
                                   pthread_setspecific(g_late_key, reinterpret_cast<void*>(more));
                                 }
                               }),
            0);
  const AccountCount before = Benchmark();
  Thread([] { pthread_setspecific(g_late_key, reinterpret_cast<void*>(3)); }).Join();
  pthread_key_delete(g_late_key);
  EXPECT_EQ(Benchmark() - before, trips);
}

// A thread whose first calls are frees is not in the list until it has made some: each is settled.
std::vector<void*> g_blocks;

TEST(Account, AThreadThatOnlyFreesIsCounted) {
  for (const size_t n : {1u, 100u, 128u, 129u, 1000u}) {
    g_blocks.clear();
    g_blocks.reserve(n);
    AllocCount freed;
    for (size_t i = 0; i < n; ++i) {
      g_blocks.push_back(Malloc(64));
      freed.bytes_freed += malloc_usable_size(g_blocks.back());  // of glibc's, one may have more
      ++freed.frees;
    }
    const AccountCount before = Benchmark();
    Thread([] {
      const LibraryScope library;
      for (void* block : g_blocks) free(block);
    }).Join();
    EXPECT_EQ(Benchmark() - before, (AccountCount{{}, freed})) << n << " frees";
  }
}

// In the child: returns 0 or the number of the check that failed.
int InChild() {
  const Account account;
  Trips(10);  // in the scope that was open at the fork
  const AccountCount trips = TripsOf(10);
  const AccountCount delta = account.Delta();
  if (delta.library.allocs != 10 * (3 + 5) + 2) return 1;
  if (delta.own.allocs != 10 * 4) return 2;
  // New threads get the stacks, and so the ledgers, of threads that are not here any more.
  for (int i = 0; i < 16; ++i) {
    const AccountCount before = Benchmark();
    Thread([] { Trips(10); }).Join();
    if (Benchmark() - before != trips) return 3;
  }
  return 0;
}

TEST(Account, AForkedChildCountsOn) {
  static std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < 2; ++i) {
    busy.emplace_back([] {
      while (!stop.load(std::memory_order_relaxed)) Trips(10);
    });
  }
  for (int i = 0; i < 20; ++i) {
    const LibraryScope library;
    const pid_t pid = fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) _exit(InChild());
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "the check of that number failed in the child";
  }
  stop = true;
  for (std::thread& thread : busy) thread.join();
}

// The two sides of a reading are of one moment. The thread allocates for the library and for us in
// turn: of no moment has the library fewer, or more than one more.
TEST(Account, AReadingIsOfOneMomentWhileScopesComeAndGo) {
  static std::atomic<bool> stop;
  stop = false;
  const AccountCount before = Benchmark();
  Thread thread([] {
    while (!stop.load(std::memory_order_relaxed)) {
      {
        const LibraryScope library;
        Pairs(1, 24);
      }
      Pairs(1, 24);
    }
  });
  AccountCount last;
  for (int i = 0; i < 100'000; ++i) {
    const AccountCount now = Benchmark() - before;
    ASSERT_LE(now.own.allocs, now.library.allocs);
    ASSERT_LE(now.library.allocs, now.own.allocs + 1);
    ASSERT_GE(now.own.allocs, last.own.allocs);
    ASSERT_GE(now.library.allocs, last.library.allocs);
    last = now;
  }
  stop = true;
  thread.Join();
}

// Seeded steps over a stack of scopes against the sums that they must give.
TEST(Account, AMillionStepsAgreeWithAModel) {
  std::mt19937 random(18);
  std::vector<std::unique_ptr<LibraryScope>> libraries;
  std::vector<std::unique_ptr<CallbackScope>> callbacks;
  std::vector<bool> stack;  // true: a library's
  libraries.reserve(64);
  callbacks.reserve(64);
  stack.reserve(64);
  const AllocCount pairs[] = {PairsOf(1, 24), PairsOf(1, 100)};
  const auto scope = PairsOf(1, sizeof(LibraryScope));
  const Account account(AllocScope::kThisThread);
  AccountCount expected;
  const auto side = [&]() -> AllocCount& {
    return !stack.empty() && stack.back() ? expected.library : expected.own;
  };
  for (int i = 0; i < 1'000'000; ++i) {
    const auto step = random() % 8;
    if (step < 2 && stack.size() < 64) {
      // The object of the scope is allocated before it begins and freed after it has ended.
      AllocCount allocated = scope;
      allocated.frees = allocated.bytes_freed = 0;
      side() += allocated;
      stack.push_back(step == 0);
      if (step == 0) {
        libraries.push_back(std::make_unique<LibraryScope>());
      } else {
        callbacks.push_back(std::make_unique<CallbackScope>());
      }
    } else if (step < 4 && !stack.empty()) {
      const bool library = stack.back();
      stack.pop_back();
      library ? libraries.pop_back() : callbacks.pop_back();
      AllocCount freed = scope;
      freed.allocs = freed.bytes_requested = freed.bytes_usable = 0;
      side() += freed;
    } else {
      Pairs(1, step % 2 == 0 ? 24 : 100);
      side() += pairs[step % 2];
    }
  }
  EXPECT_EQ(account.Delta(), expected);
  for (; !stack.empty(); stack.pop_back()) {
    stack.back() ? libraries.pop_back() : callbacks.pop_back();
  }
}

// --- What ends the process ---------------------------------------------------------------------

TEST(AccountDeathTest, AScopeThatEndsOnAnotherThreadAborts) {
  EXPECT_EXIT(
      {
        auto scope = std::make_unique<LibraryScope>();
        std::thread([&] { scope.reset(); }).join();
      },
      testing::KilledBySignal(SIGABRT), "it ends on a thread where none is open");
  EXPECT_EXIT(
      {
        auto scope = std::make_unique<CallbackScope>();
        std::thread([&] {
          const LibraryScope of_this_thread;
          scope.reset();
        }).join();
      },
      testing::KilledBySignal(SIGABRT), "it is not the innermost of the thread that it ends on");
}

// The stack of a thread that has ended, and with it the place of its scopes, is given to the next.
TEST(AccountDeathTest, AThreadInThePlaceOfTheOneThatHasEndedIsAnother) {
  EXPECT_EXIT(
      {
        std::unique_ptr<LibraryScope> scope;
        std::thread([&] { scope = std::make_unique<LibraryScope>(); }).join();
        std::thread([&] { scope.reset(); }).join();
      },
      testing::KilledBySignal(SIGABRT), "a scope ends on the thread that it began on");
}

TEST(AccountDeathTest, AScopeThatEndsBeforeOneInsideAborts) {
  EXPECT_EXIT(
      {
        auto outer = std::make_unique<LibraryScope>();
        const LibraryScope inner;
        outer.reset();
      },
      testing::KilledBySignal(SIGABRT), "and before those around it");
}

}  // namespace
}  // namespace tare
