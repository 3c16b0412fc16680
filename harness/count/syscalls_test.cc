// SPDX-License-Identifier: Apache-2.0
// Planted system calls are counted exactly: in this thread, in others, in none.
#include "count/syscalls.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <string>
#include <thread>

namespace tare::count {
namespace {

// One system call, whatever the C library may remember.
void Call(int times) {
  for (int i = 0; i < times; ++i) syscall(SYS_getppid);
}

class SyscallsTest : public testing::Test {
 protected:
  // Once, before any test makes a thread.
  static void SetUpTestSuite() {
    if (WhyNoSyscalls().empty()) return;
    EXPECT_EQ(ReadSyscallsOfThisThread(), 0u);
    EXPECT_EQ(ReadSyscallsOfOthers(), 0u);
    StartSyscalls();
  }

  static bool NotApplicable() {
    if (WhyNoSyscalls().empty()) return false;
    std::cout << "not applicable: " << WhyNoSyscalls() << "\n";
    return true;
  }
};

// What the calling thread makes while `work` runs.
template <class Work>
uint64_t OfThisThread(Work work) {
  const uint64_t before = ReadSyscallsOfThisThread();
  work();
  return ReadSyscallsOfThisThread() - before;
}

// A thread that makes calls when it is told to. Neither side makes one to wait: both spin.
class Helper {
 public:
  Helper() : thread_([this] { Run(); }) { Ask(0); }  // returns when the thread has started
  ~Helper() {
    Ask(kEnd);
    thread_.join();
  }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  // Returns when it has made `calls`.
  void Ask(int calls) {
    asked_ = calls;
    while (asked_ != kIdle) {
    }
  }

 private:
  static constexpr int kIdle = -1;
  static constexpr int kEnd = -2;

  void Run() {
    while (true) {
      const int calls = asked_;
      if (calls == kIdle) continue;
      if (calls > 0) Call(calls);
      asked_ = kIdle;
      if (calls == kEnd) return;
    }
  }

  std::atomic<int> asked_ = kIdle;
  std::thread thread_;
};

TEST_F(SyscallsTest, OfThisThreadAreExact) {
  if (NotApplicable()) return;
  EXPECT_EQ(OfThisThread([] {}), 0u);
  EXPECT_EQ(OfThisThread([] { Call(1); }), 1u);
  EXPECT_EQ(OfThisThread([] { Call(1000); }), 1000u);
}

// Were the readings' own calls not taken out, each would add one.
TEST_F(SyscallsTest, ReadingIsFree) {
  if (NotApplicable()) return;
  EXPECT_EQ(OfThisThread([] {
              for (int i = 0; i < 10; ++i) {
                ReadSyscallsOfThisThread();
                ReadSyscallsOfOthers();
              }
            }),
            0u);
}

TEST_F(SyscallsTest, OfAnotherThreadAreTheOthers) {
  if (NotApplicable()) return;
  Helper helper;
  for (const int calls : {0, 1, 7, 1000}) {
    const uint64_t others = ReadSyscallsOfOthers();
    EXPECT_EQ(OfThisThread([&] { helper.Ask(calls); }), 0u);
    EXPECT_EQ(ReadSyscallsOfOthers() - others, static_cast<uint64_t>(calls));
  }
}

// What a thread did that has ended stays in the account of the others.
TEST_F(SyscallsTest, OfAThreadThatHasEndedAreKept) {
  if (NotApplicable()) return;
  const uint64_t before = ReadSyscallsOfOthers();
  std::thread([] { Call(100); }).join();
  const uint64_t few = ReadSyscallsOfOthers() - before;
  std::thread([] { Call(1100); }).join();
  EXPECT_GE(few, 100u);
  // To begin and to end takes a thread some calls, not always as many.
  EXPECT_NEAR(static_cast<double>(ReadSyscallsOfOthers() - before - 2 * few), 1000, 10);
}

// Benchmark threads have their own account each, and are in nobody else's.
TEST_F(SyscallsTest, OfBenchmarkThreadsAreNotTheOthers) {
  if (NotApplicable()) return;
  std::atomic<int> ready = 0;
  std::atomic<bool> go = false, stay = true;
  uint64_t counted[2] = {};
  std::atomic<int> done = 0;
  std::thread threads[2];
  for (int i = 0; i < 2; ++i) {
    threads[i] = std::thread([&, i] {
      ReadSyscallsOfThisThread();
      ++ready;
      while (!go) {
      }
      counted[i] = OfThisThread([&] { Call(100 + i); });
      ++done;
      while (stay) {
      }
    });
  }
  while (ready < 2) {
  }
  const uint64_t before = ReadSyscallsOfOthers();
  go = true;
  while (done < 2) {
  }
  EXPECT_EQ(ReadSyscallsOfOthers() - before, 0u);
  stay = false;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counted[0], 100u);
  EXPECT_EQ(counted[1], 101u);
}

}  // namespace
}  // namespace tare::count
