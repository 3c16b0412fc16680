// SPDX-License-Identifier: Apache-2.0
// Parker: a thread that parks goes on when it is told, whoever is first.
#include "impl/loop/park.h"

#include <gtest/gtest.h>

#include <atomic>
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
