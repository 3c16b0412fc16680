// SPDX-License-Identifier: Apache-2.0
// Parker: a thread that parks goes on when it is told, whoever is first.
#include "impl/loop/park.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace tare::io {
namespace {

TEST(ParkerTest, ParkAfterUnparkDoesNotWait) {
  Parker parker;
  EXPECT_FALSE(parker.unparked());
  parker.Unpark();
  EXPECT_TRUE(parker.unparked());
  parker.Park();
}

// The parker is on the waiter's stack and gone when Park has returned, maybe while Unpark still
// runs.
TEST(ParkerTest, UnparkedByAnotherThreadAndGone) {
  constexpr int kRounds = 5'000;
  struct Request {
    Parker parker;
    int answer = 0;  // plain: seen because it was written before Unpark
  };
  std::atomic<Request*> mailbox{nullptr};
  std::thread helper([&mailbox] {
    for (int round = 1; round <= kRounds; ++round) {
      mailbox.wait(nullptr);
      Request* request = mailbox.exchange(nullptr);
      request->answer = round;
      request->parker.Unpark();
    }
  });
  int right = 0;
  for (int round = 1; round <= kRounds; ++round) {
    Request request;
    mailbox.store(&request);
    mailbox.notify_one();
    request.parker.Park();
    right += request.answer == round;
  }
  helper.join();
  EXPECT_EQ(right, kRounds);
}

// Whether a thread of this process waits for something, and does not run or spin.
bool Sleeps(long thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string number, name, state;
  file >> number >> name >> state;
  return state == "S";
}

// Not one that still looks whether it must: that one needs no wake-up.
TEST(ParkerTest, OneThatSleepsIsWoken) {
  Parker parker;
  std::atomic<long> number{0};
  std::thread sleeper([&] {
    number.store(syscall(SYS_gettid));
    parker.Park();
  });
  while (number.load() == 0) std::this_thread::yield();
  while (!Sleeps(number.load())) std::this_thread::yield();
  parker.Unpark();
  sleeper.join();
}

TEST(ParkerTest, ManyThreadsParkEachOnItsOwn) {
  std::vector<std::thread> threads;
  std::vector<Parker> parkers(8);
  std::atomic<int> went{0};
  for (Parker& parker : parkers) {
    threads.emplace_back([&parker, &went] {
      parker.Park();
      went.fetch_add(1);
    });
  }
  for (Parker& parker : parkers) parker.Unpark();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(went.load(), 8);
}

}  // namespace
}  // namespace tare::io
