// SPDX-License-Identifier: Apache-2.0
// Hodges-Lehmann estimates: known values, agreement with the tests, and measured coverage.
#include "stat/shift.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <vector>

#include "stat/rank_sum.h"
#include "stat/signed_rank.h"

namespace tare::stat {
namespace {

TEST(IndependentShiftTest, KnownValues) {
  const std::vector<double> a{1, 2, 3}, b{11, 12, 14};
  EXPECT_EQ(IndependentShift(a, b, 0.95).estimate, 10);
  EXPECT_FALSE(IndependentShift(a, b, 0.95).interval.has_value());
  const auto widest = IndependentShift(a, b, 0.9).interval;  // 1 - 2/20 is met exactly
  ASSERT_TRUE(widest.has_value());
  EXPECT_EQ(widest->low, 8);
  EXPECT_EQ(widest->high, 13);
  EXPECT_FALSE(IndependentShift(a, b, 0.90001).interval.has_value());
  // An even number of differences.
  EXPECT_EQ(IndependentShift(std::vector<double>{0}, std::vector<double>{1, 4}, 0.5).estimate, 2.5);
}

TEST(PairedShiftTest, KnownValues) {
  EXPECT_EQ(PairedShift(std::vector<double>{1, 2, 6}, 0.5).estimate, 2.75);  // 1 1.5 2 3.5 4 6
  const std::vector<double> six{1, 2, 3, 4, 5, 6};
  const auto interval = PairedShift(six, 0.95).interval;  // of Wilcoxon's table: k = 1 at n = 6
  ASSERT_TRUE(interval.has_value());
  EXPECT_EQ(interval->low, 1);
  EXPECT_EQ(interval->high, 6);
  EXPECT_FALSE(PairedShift(std::vector<double>{1, 2, 3, 4, 5}, 0.95).interval.has_value());
}

// The interval is the set of shifts that the test accepts: just inside p > alpha, outside not.
TEST(IndependentShiftTest, IntervalIsWhatTheTestAccepts) {
  std::mt19937_64 random(17);
  std::exponential_distribution<double> noise(1);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> a(8), b(7);
    for (double& x : a) x = noise(random);
    for (double& x : b) x = noise(random);
    const auto interval = IndependentShift(a, b, 0.95).interval;
    ASSERT_TRUE(interval.has_value());
    const auto p_of_shift = [&](double shift) {
      std::vector<double> back = b;
      for (double& x : back) x -= shift;
      return RankSumTest(a, back).p;
    };
    ASSERT_GT(p_of_shift(interval->low + 1e-9), 0.05);
    ASSERT_LE(p_of_shift(interval->low - 1e-9), 0.05);
    ASSERT_GT(p_of_shift(interval->high - 1e-9), 0.05);
    ASSERT_LE(p_of_shift(interval->high + 1e-9), 0.05);
  }
}

constexpr int kTrials = 1000;

TEST(IndependentShiftTest, CoversTheShiftAsOftenAsItSays) {
  std::mt19937_64 random(20261121);
  std::lognormal_distribution<double> noise(0, 0.3);
  int held = 0;
  for (int i = 0; i < kTrials; ++i) {
    std::vector<double> a(9), b(9);
    for (double& x : a) x = noise(random);
    for (double& x : b) x = noise(random) + 0.25;
    const auto interval = IndependentShift(a, b, 0.95).interval;
    held += interval->low <= 0.25 && 0.25 <= interval->high;
  }
  std::printf("coverage at 0.95: %.3f\n", held / static_cast<double>(kTrials));
  EXPECT_GE(held, 930);  // 950 less three standard deviations of 6.9
  EXPECT_LE(held, 985);  // nor is it far too wide
}

TEST(PairedShiftTest, CoversTheShiftAsOftenAsItSays) {
  std::mt19937_64 random(20261121);
  std::normal_distribution<double> noise(0.1, 1);
  int held = 0;
  for (int i = 0; i < kTrials; ++i) {
    std::vector<double> d(9);
    for (double& x : d) x = noise(random);
    const auto interval = PairedShift(d, 0.95).interval;
    held += interval->low <= 0.1 && 0.1 <= interval->high;
  }
  std::printf("coverage at 0.95: %.3f\n", held / static_cast<double>(kTrials));
  EXPECT_GE(held, 930);
  EXPECT_LE(held, 985);
}

}  // namespace
}  // namespace tare::stat
