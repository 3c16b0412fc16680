// SPDX-License-Identifier: Apache-2.0
// The time asked of each process keeps a run within its budget, and within reason.
#include "cli/min_time.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace tare::cli {
namespace {

TEST(MinTimeTest, TheWholeRunFitsItsBudget) {
  for (const int rows : {20, 40, 80, 130, 370}) {
    for (const int rounds : {5, 9, 15}) {
      const double min_time = MinTimeFor(kBudgetSeconds, rows, rounds);
      // What a process takes by the rule of the implementation: twice that, and 0.1 s.
      const double whole = rows * (rounds + 1) * (2 * min_time + 0.1);
      EXPECT_LE(whole, 0.8 * kBudgetSeconds) << rows << " rows, " << rounds << " rounds";
      EXPECT_GE(min_time, 0.01) << rows << " rows, " << rounds << " rounds";
    }
  }
  EXPECT_EQ(absl::StrCat(MinTimeFor(kBudgetSeconds, 130, 9)), "0.22");
  EXPECT_EQ(absl::StrCat(MinTimeFor(kQuickBudgetSeconds, 24, 9)), "0.05");
}

TEST(MinTimeTest, StaysWithinReason) {
  EXPECT_EQ(MinTimeFor(kBudgetSeconds, 0, 9), 0.5);
  EXPECT_EQ(MinTimeFor(kBudgetSeconds, 1, 9), 0.5);
  EXPECT_EQ(MinTimeFor(kQuickBudgetSeconds, 100000, 9), 0.01);
}

}  // namespace
}  // namespace tare::cli
