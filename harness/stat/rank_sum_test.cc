// SPDX-License-Identifier: Apache-2.0
// The exact p against brute force, against published vectors, and its false alarms on noise alone.
#include "stat/rank_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "stat/fixture/tsv.h"
#include "stat/normal.h"

namespace tare::stat {
namespace {

// 2 U of the values that `chosen` marks.
int TwiceUOf(const std::vector<double>& pooled, uint32_t chosen) {
  int twice_u = 0;
  for (size_t i = 0; i < pooled.size(); ++i) {
    if ((chosen >> i & 1) == 0) continue;
    for (size_t j = 0; j < pooled.size(); ++j) {
      if ((chosen >> j & 1) != 0) continue;
      twice_u += pooled[i] > pooled[j] ? 2 : pooled[i] == pooled[j] ? 1 : 0;
    }
  }
  return twice_u;
}

// Every way to choose n1 of the pooled values. `one_tail_only` plants benchstat's mistake.
double BruteForce(const std::vector<double>& a, const std::vector<double>& b,
                  bool one_tail_only = false) {
  std::vector<double> pooled = a;
  pooled.insert(pooled.end(), b.begin(), b.end());
  const int n1 = static_cast<int>(a.size());
  const int observed = TwiceUOf(pooled, (1u << n1) - 1);
  const int least = std::min(observed, 2 * n1 * static_cast<int>(b.size()) - observed);
  double all = 0, lower = 0, upper = 0, below_least = 0;
  for (uint32_t chosen = 0; chosen < 1u << pooled.size(); ++chosen) {
    if (std::popcount(chosen) != n1) continue;
    const int twice_u = TwiceUOf(pooled, chosen);
    ++all;
    lower += twice_u <= observed;
    upper += twice_u >= observed;
    below_least += twice_u <= least;
  }
  return one_tail_only ? 2 * below_least / all : std::min(1.0, 2 * std::min(lower, upper) / all);
}

// Values that tie: `kinds` different ones at most.
std::vector<double> Draw(size_t n, int kinds, std::mt19937_64* random) {
  std::vector<double> sample(n);
  for (double& x : sample) x = static_cast<double>((*random)() % static_cast<uint64_t>(kinds));
  return sample;
}

TEST(RankSumTest, EqualsBruteForceForAllSizesUpTo8) {
  std::mt19937_64 random(7);
  for (size_t n1 = 1; n1 <= 8; ++n1) {
    for (size_t n2 = 1; n2 <= 8; ++n2) {
      for (const int kinds : {2, 3, 6, 1000}) {
        const std::vector<double> a = Draw(n1, kinds, &random), b = Draw(n2, kinds, &random);
        const RankSum test = RankSumTest(a, b);
        ASSERT_NEAR(test.p, BruteForce(a, b), 1e-12) << n1 << " " << n2 << " " << kinds;
        ASSERT_GT(test.p, 0);
      }
    }
  }
}

TEST(RankSumTest, CatchesTheTailThatBenchstatTakes) {
  const std::vector<double> a{1, 1, 1, 1, 1, 1, 0, 1, 1, 1}, b{1, 0};
  EXPECT_EQ(BruteForce(a, b, true), 0);  // which it prints as a change of -50 %
  EXPECT_NEAR(BruteForce(a, b), 0.636, 0.001);
  EXPECT_NEAR(RankSumTest(a, b).p, 0.636, 0.001);
}

TEST(RankSumTest, EqualsTheTruthBesideBenchstatsVectors) {
  int wrong_there = 0;
  for (const auto& row : ReadVectors("utest_truth.tsv")) {
    const RankSum test = RankSumTest(Numbers(row[0]), Numbers(row[1]));
    ASSERT_EQ(test.warning == Warning::kAllEqual, row[7] == "all-equal");
    if (row[7] == "all-equal") continue;
    ASSERT_EQ(test.u, std::stod(row[2]));
    const double truth = std::stod(row[4]);
    ASSERT_NEAR(test.p, truth, 1e-9 * truth) << row[0] << " | " << row[1];
    wrong_there += row[7] == "benchstat-wrong";
  }
  EXPECT_EQ(wrong_there, 48);
}

TEST(RankSumTest, SwappingTheSamplesChangesNothingButU) {
  std::mt19937_64 random(11);
  for (int trial = 0; trial < 200; ++trial) {
    const std::vector<double> a = Draw(3 + random() % 12, 5, &random);
    const std::vector<double> b = Draw(3 + random() % 12, 5, &random);
    const RankSum there = RankSumTest(a, b), back = RankSumTest(b, a);
    ASSERT_NEAR(there.p, back.p, 1e-12);
    ASSERT_EQ(there.u + back.u, static_cast<double>(a.size() * b.size()));
  }
}

TEST(RankSumTest, LargeSamplesAreApproximatedAndSaySo) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise;
  std::vector<double> a(120), b(120);
  for (double& x : a) x = noise(random);
  for (double& x : b) x = noise(random) + 0.3;
  const RankSum counted = RankSumTest(a, b);
  EXPECT_EQ(counted.warning, Warning::kNone);
  std::vector<double> many_a, many_b;
  for (int i = 0; i < 400; ++i) many_a.push_back(noise(random));
  for (int i = 0; i < 400; ++i) many_b.push_back(noise(random) + 1);
  const RankSum approximated = RankSumTest(many_a, many_b);
  EXPECT_EQ(approximated.warning, Warning::kApproximate);
  EXPECT_LT(approximated.p, 1e-20);
}

TEST(RankSumTest, WhatCannotBeTestedSaysSo) {
  EXPECT_EQ(RankSumTest({}, std::vector<double>{1}).warning, Warning::kTooFew);
  const RankSum equal = RankSumTest(std::vector<double>{2, 2}, std::vector<double>{2, 2, 2});
  EXPECT_EQ(equal.warning, Warning::kAllEqual);
  EXPECT_EQ(equal.p, 1);
}

TEST(LeastRankSumPTest, IsWhatSamplesApartGive) {
  EXPECT_EQ(LeastRankSumP(3, 3), 0.1);
  EXPECT_NEAR(LeastRankSumP(9, 9), 2.0 / 48620, 1e-15);
  EXPECT_EQ(LeastRankSumP(1, 1), 1);
  EXPECT_EQ(LeastRankSumP(0, 4), 1);
}

TEST(LeastRankSumPTest, TiesRaiseIt) {
  const std::vector<double> a{1, 1, 1}, b{1, 1, 2}, c{4, 5, 6};
  EXPECT_NEAR(LeastRankSumP(a, b), 1, 1e-12);  // the 2 falls to either side
  EXPECT_NEAR(LeastRankSumP(a, c), 0.1, 1e-12);
  std::mt19937_64 random(31);
  for (int trial = 0; trial < 200; ++trial) {
    const std::vector<double> x = Draw(3 + random() % 5, 3, &random);
    const std::vector<double> y = Draw(3 + random() % 5, 3, &random);
    ASSERT_GE(RankSumTest(x, y).p, LeastRankSumP(x, y) - 1e-12);
  }
}

TEST(RankSumTest, PIsNeverZero) {
  std::vector<double> low(1500, 100), high(1500, 200);
  for (size_t i = 0; i < low.size(); ++i) low[i] += static_cast<double>(i) * 1e-3;
  const RankSum test = RankSumTest(low, high);
  EXPECT_EQ(test.warning, Warning::kApproximate);
  EXPECT_EQ(test.p, kLeastP);
}

// 1,000 comparisons of noise with noise, each of another shape and size: an alarm is a false one.
TEST(RankSumTest, FalseAlarmsOn1000NullComparisonsStayBelowAlpha) {
  std::mt19937_64 random(20261121);
  std::lognormal_distribution<double> skewed(0, 0.1);
  constexpr int kComparisons = 1000;
  int alarms = 0;
  for (int i = 0; i < kComparisons; ++i) {
    const double step = i % 2 == 0 ? 0 : 0.05;  // every other one is rounded until values tie
    const auto sample = [&](size_t n) {
      std::vector<double> values(n);
      for (double& x : values) {
        x = skewed(random);
        if (step > 0) x = std::round(x / step) * step;
      }
      return values;
    };
    alarms += RankSumTest(sample(6 + random() % 10), sample(6 + random() % 10)).p <= 0.05;
  }
  std::printf("false alarms at alpha 0.05: %d of %d\n", alarms, kComparisons);
  // 50 expected at most, the standard deviation of a binomial is 6.9: three of them.
  EXPECT_LE(alarms, 71);
  EXPECT_GE(alarms, 15);  // nor does the test sleep
}

}  // namespace
}  // namespace tare::stat
