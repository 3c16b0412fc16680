// SPDX-License-Identifier: Apache-2.0
// Ratios round by round: a machine that changes speed between rounds leaves them untouched.
#include "stat/paired.h"

#include <gtest/gtest.h>

#include <vector>

namespace tare::stat {
namespace {

TEST(MedianPairedRatioTest, SpeedOfTheRoundDividesOut) {
  const std::vector<double> floor{100, 170, 130, 100, 300, 110, 90, 250, 120};
  std::vector<double> gross;
  for (const double x : floor) gross.push_back(1.25 * x);
  const auto ratio = MedianPairedRatio(gross, floor, 0.95);
  ASSERT_TRUE(ratio.has_value());
  EXPECT_EQ(ratio->median, 1.25);
  ASSERT_TRUE(ratio->interval.has_value());
  EXPECT_EQ(ratio->interval->low, 1.25);
  EXPECT_EQ(ratio->interval->high, 1.25);
}

TEST(MedianPairedRatioTest, IsTheMedianOfRatiosNotTheRatioOfMedians) {
  const auto ratio =
      MedianPairedRatio(std::vector<double>{2, 30, 5}, std::vector<double>{1, 10, 5}, 0.95);
  ASSERT_TRUE(ratio.has_value());
  EXPECT_EQ(ratio->median, 2);  // of 2, 3, 1; the medians' ratio is 5 / 5
  EXPECT_FALSE(ratio->interval.has_value());
}

TEST(MedianPairedRatioTest, IntervalIsOfTheRatios) {
  const std::vector<double> ones(9, 1.0);
  const auto ratio = MedianPairedRatio(std::vector<double>{9, 1, 8, 2, 7, 3, 6, 4, 5}, ones, 0.95);
  ASSERT_TRUE(ratio.has_value());
  EXPECT_EQ(ratio->median, 5);
  EXPECT_EQ(ratio->interval->low, 2);
  EXPECT_EQ(ratio->interval->high, 8);
}

TEST(MedianPairedRatioTest, NoRatioWithoutPairs) {
  EXPECT_FALSE(MedianPairedRatio({}, {}, 0.95).has_value());
  EXPECT_FALSE(
      MedianPairedRatio(std::vector<double>{1, 2}, std::vector<double>{1}, 0.95).has_value());
  EXPECT_FALSE(
      MedianPairedRatio(std::vector<double>{1}, std::vector<double>{1, 2}, 0.95).has_value());
  EXPECT_FALSE(
      MedianPairedRatio(std::vector<double>{1, 2}, std::vector<double>{1, 0}, 0.95).has_value());
}

}  // namespace
}  // namespace tare::stat
