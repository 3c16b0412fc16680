// SPDX-License-Identifier: Apache-2.0
// How long one may wait for a deadline, and when it has passed.
#include "impl/base/deadline.h"

#include <gtest/gtest.h>

namespace tare::io {
namespace {

constexpr int64_t kMilli = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMilli;

// By a clock that was read before, more is left than by any that is read later.
TEST(NanosToWaitTest, IsNeverMoreThanWhatIsLeft) {
  for (const int64_t ahead : {1 * kMilli, 999 * kMilli, 1'001 * kMilli, 1'030 * kMilli,
                              1'500 * kMilli, 10 * kSecond, 100'000 * kSecond}) {
    for (int i = 0; i < 1'000; ++i) {
      const Deadline before = Now(), d = before.Plus(ahead);
      const int64_t wait = NanosToWait(d);
      ASSERT_LE(wait, ahead);
      // Nor is it so much less that whoever waits for a second would look again and again.
      if (i == 0) continue;
      ASSERT_GE(wait, d.ns - Now().ns - 100 * kMilli);
    }
  }
}

TEST(NanosToWaitTest, Ends) {
  EXPECT_EQ(NanosToWait(Deadline::Never()), Deadline::kNever);
  EXPECT_EQ(NanosToWait(Deadline::Past()), 0);
  EXPECT_EQ(NanosToWait(Now()), 0);
  EXPECT_EQ(NanosToWait({-5}), 0);
}

TEST(HasPassedTest, IsTrueFromTheDeadlineOnAndNotBefore) {
  EXPECT_TRUE(HasPassed(Deadline::Past()));
  EXPECT_TRUE(HasPassed({-5}));
  EXPECT_FALSE(HasPassed(Deadline::Never()));
  for (int i = 0; i < 200; ++i) {
    const Deadline d = Now().Plus(i * 1'000);
    bool passed = false;
    while (!passed) {
      const Deadline before = Now();
      passed = HasPassed(d);
      const Deadline after = Now();
      // Between the two it looked.
      if (before >= d) {
        ASSERT_TRUE(passed);
      }
      if (after < d) {
        ASSERT_FALSE(passed);
      }
    }
  }
}

TEST(DeadlineTest, PlusDoesNotOverflow) {
  EXPECT_EQ(Deadline{5}.Plus(INT64_MAX), Deadline::Never());
  EXPECT_EQ(Deadline::Never().Plus(-kSecond), Deadline::Never());
  EXPECT_EQ(Deadline{-5}.Plus(INT64_MIN), Deadline::Past());
}

}  // namespace
}  // namespace tare::io
