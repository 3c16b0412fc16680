// SPDX-License-Identifier: Apache-2.0
// Medians and their intervals against published tables, enumeration and simulation.
#include "stat/median.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <random>
#include <vector>

namespace tare::stat {
namespace {

TEST(MedianTest, KnownValues) {
  EXPECT_EQ(Median(std::vector<double>{7}), 7);
  EXPECT_EQ(Median(std::vector<double>{3, 1, 2}), 2);
  EXPECT_EQ(Median(std::vector<double>{4, 1, 3, 2}), 2.5);
  EXPECT_EQ(Median(std::vector<double>{1e308, 1.5e308}), 1.25e308);  // the sum would overflow
}

struct Known {
  size_t n, low, high;
};

TEST(MedianRanksTest, TableOfTheSignTestAt95Percent) {
  for (const Known& k :
       {Known{6, 1, 6}, Known{7, 1, 7}, Known{8, 1, 8}, Known{9, 2, 8}, Known{10, 2, 9},
        Known{11, 2, 10}, Known{12, 3, 10}, Known{15, 4, 12}, Known{20, 6, 15}, Known{25, 8, 18},
        Known{30, 10, 21}, Known{40, 14, 27}, Known{50, 18, 33}, Known{100, 40, 61}}) {
    const auto ranks = MedianRanks(k.n, 0.95);
    ASSERT_TRUE(ranks.has_value()) << k.n;
    EXPECT_EQ(ranks->low, k.low) << k.n;
    EXPECT_EQ(ranks->high, k.high) << k.n;
    EXPECT_GE(ranks->coverage, 0.95);
  }
  EXPECT_DOUBLE_EQ(MedianRanks(9, 0.95)->coverage, 1 - 20.0 / 512);
}

TEST(MedianRanksTest, TooFewValuesGiveNoInterval) {
  EXPECT_FALSE(MedianRanks(0, 0.95).has_value());
  EXPECT_FALSE(MedianRanks(5, 0.95).has_value());
  EXPECT_FALSE(MedianRanks(7, 0.99).has_value());
  EXPECT_TRUE(MedianRanks(8, 0.99).has_value());
  EXPECT_EQ(LeastSampleForInterval(0.95), 6u);
  EXPECT_EQ(LeastSampleForInterval(0.99), 8u);
}

TEST(MedianRanksTest, ConfidenceThatIsMetExactlyIsMet) {
  // n = 6: coverage of [x1, x6] is 1 - 2/64 = 0.96875, a double.
  EXPECT_TRUE(MedianRanks(6, 0.96875).has_value());
  EXPECT_FALSE(MedianRanks(6, 0.968750000001).has_value());
}

// All 2^n ways in which n values lie below or above the median, counted.
TEST(MedianRanksTest, CoverageAgreesWithEnumeration) {
  for (size_t n = 1; n <= 16; ++n) {
    for (const double confidence : {0.5, 0.8, 0.9, 0.95, 0.99}) {
      const auto ranks = MedianRanks(n, confidence);
      if (!ranks.has_value()) continue;
      int held = 0;
      for (uint32_t ways = 0; ways < 1u << n; ++ways) {
        const size_t below = static_cast<size_t>(std::popcount(ways));
        held += below >= ranks->low && below < ranks->high;
      }
      ASSERT_EQ(ranks->coverage, held / static_cast<double>(1u << n)) << n;
      ASSERT_GE(ranks->coverage, confidence);
    }
  }
}

TEST(MedianRanksTest, LargeSamplesStayInRange) {
  const auto ranks = MedianRanks(16000, 0.95);
  ASSERT_TRUE(ranks.has_value());
  // Normal approximation: 8000 - 1.96 * sqrt(16000) / 2 = 7876.
  EXPECT_NEAR(static_cast<double>(ranks->low), 7876, 1.5);
  EXPECT_FALSE(MedianRanks(16001, 0.95).has_value());
}

TEST(MedianIntervalTest, TakesTheOrderStatistics) {
  const std::vector<double> sample{9, 1, 8, 2, 7, 3, 6, 4, 5};
  const auto interval = MedianInterval(sample, 0.95);
  ASSERT_TRUE(interval.has_value());
  EXPECT_EQ(interval->low, 2);
  EXPECT_EQ(interval->high, 8);
  EXPECT_FALSE(MedianInterval(std::vector<double>{1, 2, 3}, 0.95).has_value());
}

TEST(MedianIntervalTest, CoversTheMedianAsOftenAsItSays) {
  std::mt19937_64 random(42);
  std::exponential_distribution<double> skewed(1);  // its median is ln 2
  int held = 0;
  constexpr int kTrials = 20000;
  for (int i = 0; i < kTrials; ++i) {
    std::vector<double> sample(9);
    for (double& x : sample) x = skewed(random);
    const auto interval = MedianInterval(sample, 0.95);
    held += interval->low <= 0.6931471805599453 && 0.6931471805599453 <= interval->high;
  }
  EXPECT_NEAR(held / static_cast<double>(kTrials), 1 - 20.0 / 512, 0.006);
}

}  // namespace
}  // namespace tare::stat
