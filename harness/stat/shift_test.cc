// SPDX-License-Identifier: Apache-2.0
// Hodges-Lehmann estimates: known values, agreement with the tests, and measured coverage.
#include "stat/shift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

// By definition: all differences, or Walsh averages, sorted.
double MiddleOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : values[n / 2 - 1] + (values[n / 2] - values[n / 2 - 1]) / 2;
}

TEST(ShiftTest, LargeSamplesAreCountedNotMade) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise(0, 2);
  std::vector<double> a(150), b(170), d(220), differences, walsh;
  for (double& x : a) x = noise(random);
  for (double& x : b) x = std::round(noise(random) + 1);
  for (double& x : d) x = noise(random) + 0.25;
  for (const double x : a) {
    for (const double y : b) differences.push_back(y - x);
  }
  for (size_t i = 0; i < d.size(); ++i) {
    for (size_t j = i; j < d.size(); ++j) walsh.push_back(d[i] / 2 + d[j] / 2);
  }
  const Shift independent = IndependentShift(a, b, 0.95), paired = PairedShift(d, 0.95);
  EXPECT_EQ(independent.estimate, MiddleOf(differences));
  EXPECT_EQ(paired.estimate, MiddleOf(walsh));
  EXPECT_TRUE(independent.approximate);
  EXPECT_FALSE(paired.approximate);
  ASSERT_TRUE(independent.interval.has_value() && paired.interval.has_value());
  EXPECT_LT(independent.interval->low, independent.estimate);
  EXPECT_LT(independent.estimate, independent.interval->high);
  // 50,000 a side: 2.5e9 differences, which nobody could store.
  std::vector<double> many_a(50000), many_b(50000);
  for (double& x : many_a) x = noise(random);
  for (double& x : many_b) x = noise(random) + 1;
  for (const Shift& shift : {IndependentShift(many_a, many_b, 0.95), PairedShift(many_b, 0.95)}) {
    EXPECT_NEAR(shift.estimate, 1, 0.1);
    ASSERT_TRUE(shift.interval.has_value() && shift.approximate);
    EXPECT_NEAR(shift.interval->high - shift.interval->low, 0.043, 0.02);
  }
}

// Where values tie, or pairs do not differ: a shift of 0 that the test rejects at this level is not
// inside the interval, and one that it accepts is in it.
TEST(ShiftTest, IntervalAndTestAgreeOnTies) {
  std::mt19937_64 random(29);
  const auto draw = [&](size_t n, uint64_t kinds, double shift) {
    std::vector<double> values(n);
    for (double& x : values) x = static_cast<double>(random() % kinds) + shift;
    return values;
  };
  const auto agree = [](double p, const Shift& shift) {
    if (!shift.interval.has_value()) return p > 0.05;
    const bool inside = shift.interval->low < 0 && 0 < shift.interval->high;
    const bool beside = shift.interval->low > 0 || shift.interval->high < 0;
    return p <= 0.05 ? !inside : !beside;
  };
  int rejected = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    const double shift = static_cast<double>(trial % 3);
    const auto a = draw(5 + random() % 6, 2 + random() % 4, 0);
    const auto b = draw(5 + random() % 6, 2 + random() % 4, shift);
    const double p = RankSumTest(a, b).p;
    rejected += p <= 0.05;
    ASSERT_TRUE(agree(p, IndependentShift(a, b, 0.95))) << trial;
    std::vector<double> d = draw(6 + random() % 6, 5, shift - 2);
    ASSERT_TRUE(agree(SignedRankTest(d).p, PairedShift(d, 0.95))) << trial;
  }
  EXPECT_GT(rejected, 200);
  const std::vector<double> ones(5, 1), more{1, 2, 2, 2, 2};  // p = 0.0476
  EXPECT_EQ(IndependentShift(ones, more, 0.95).interval->low, 0);
  EXPECT_EQ(IndependentShift(ones, ones, 0.9).interval->high, 0);  // constant samples have one, too
  const std::vector<double> zeros{0, 0, 0, 1, 2, 3, 4, 5, 6};      // p = 2/64
  EXPECT_EQ(PairedShift(zeros, 0.95).interval->low, 0);
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
