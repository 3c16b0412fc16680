// SPDX-License-Identifier: Apache-2.0
// The paired test against all ways to toss the signs, and its false alarms under a drifting
// machine.
#include "stat/signed_rank.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

namespace tare::stat {
namespace {

// Twice the rank sum of the positive ones, by definition: |d| against every other |d|.
int TwicePositiveRanks(const std::vector<double>& d) {
  int sum = 0;
  for (const double x : d) {
    if (x <= 0) continue;
    sum += 1;  // (1 + count below + count equal) doubled, each counting itself as equal
    for (const double y : d) {
      sum += std::fabs(y) < std::fabs(x) ? 2 : std::fabs(y) == std::fabs(x) ? 1 : 0;
    }
  }
  return sum;
}

double BruteForce(const std::vector<double>& d) {
  const int observed = TwicePositiveRanks(d);
  double lower = 0, upper = 0;
  for (uint32_t signs = 0; signs < 1u << d.size(); ++signs) {
    std::vector<double> tossed = d;
    for (size_t i = 0; i < d.size(); ++i) {
      tossed[i] = (signs >> i & 1) != 0 ? -std::fabs(d[i]) : std::fabs(d[i]);
    }
    const int sum = TwicePositiveRanks(tossed);
    lower += sum <= observed;
    upper += sum >= observed;
  }
  return std::min(1.0, 2 * std::min(lower, upper) / std::ldexp(1.0, static_cast<int>(d.size())));
}

TEST(SignedRankTest, EqualsBruteForceWithTies) {
  std::mt19937_64 random(5);
  for (size_t n = 1; n <= 10; ++n) {
    for (const int kinds : {2, 4, 1000}) {
      std::vector<double> d(n);
      for (double& x : d) {
        x = static_cast<double>(1 + random() % static_cast<uint64_t>(kinds)) *
            (random() % 3 == 0 ? -1 : 1);
      }
      ASSERT_NEAR(SignedRankTest(d).p, BruteForce(d), 1e-12) << n << " " << kinds;
    }
  }
}

TEST(SignedRankTest, KnownValues) {
  const std::vector<double> nine{1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(SignedRankTest(nine).p, 2.0 / 512);
  EXPECT_EQ(LeastSignedRankP(9), 2.0 / 512);
  EXPECT_EQ(LeastSignedRankP(0), 1);
}

TEST(SignedRankTest, PairsWithoutDifferenceSayNothing) {
  const SignedRank test = SignedRankTest(std::vector<double>{0, 1, 2, 0, 3});
  EXPECT_EQ(test.pairs, 3u);
  EXPECT_EQ(test.p, 0.25);
  EXPECT_EQ(SignedRankTest(std::vector<double>{0, 0}).warning, Warning::kAllEqual);
  EXPECT_EQ(SignedRankTest({}).warning, Warning::kTooFew);
}

TEST(SignedRankTest, ManyPairsAreApproximatedAndSaySo) {
  std::mt19937_64 random(9);
  std::normal_distribution<double> noise(0.2, 1);
  std::vector<double> d(300);
  for (double& x : d) x = noise(random);
  const SignedRank counted = SignedRankTest(d);
  EXPECT_EQ(counted.warning, Warning::kNone);
  d.push_back(noise(random));
  const SignedRank approximated = SignedRankTest(d);
  EXPECT_EQ(approximated.warning, Warning::kApproximate);
  EXPECT_NEAR(std::log(approximated.p), std::log(counted.p), 0.3);
}

// Rounds in which the machine is up to three times as slow: pairs are not disturbed by it.
TEST(SignedRankTest, FalseAlarmsOn1000NullComparisonsStayBelowAlpha) {
  std::mt19937_64 random(20261121);
  std::lognormal_distribution<double> noise(0, 0.05);
  std::uniform_real_distribution<double> mood(1, 3);
  constexpr int kComparisons = 1000;
  int alarms = 0;
  for (int i = 0; i < kComparisons; ++i) {
    std::vector<double> log_ratios(9);
    for (double& x : log_ratios) {
      const double round = mood(random);
      x = std::log(round * noise(random) / (round * noise(random)));
    }
    alarms += SignedRankTest(log_ratios).p <= 0.05;
  }
  std::printf("false alarms at alpha 0.05: %d of %d\n", alarms, kComparisons);
  EXPECT_LE(alarms, 71);
  EXPECT_GE(alarms, 15);
}

}  // namespace
}  // namespace tare::stat
