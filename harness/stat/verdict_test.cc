// SPDX-License-Identifier: Apache-2.0
// Corrections, equivalence and verdicts; what a report of many null comparisons calls changed.
#include "stat/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "stat/exact.h"
#include "stat/holm.h"
#include "stat/rank_sum.h"
#include "stat/shift.h"

namespace tare::stat {
namespace {

TEST(HolmTest, StepsDown) {
  const std::vector<double> p{0.01, 0.04, 0.03, 0.005};
  const std::vector<double> adjusted = HolmAdjusted(p);
  const std::vector<double> expected{0.03, 0.06, 0.06, 0.02};
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-15);
  EXPECT_EQ(HolmAdjusted(std::vector<double>{0.7, 0.6}), (std::vector<double>{1, 1}));
  EXPECT_TRUE(HolmAdjusted({}).empty());
}

TEST(TaroneTest, TestsThatCannotRejectAreNotCorrectedFor) {
  EXPECT_EQ(TaroneDivisor({}, 0.05), 1u);
  const double apart = 2.0 / 252;  // 5 values a side
  EXPECT_EQ(TaroneDivisor(std::vector<double>{1, apart, 1, apart, 1, 1}, 0.05), 2u);
  EXPECT_EQ(TaroneDivisor(std::vector<double>(6, apart), 0.05), 6u);
  // Two of 2 / 70: each alone could be called, both together could not.
  EXPECT_EQ(TaroneDivisor(std::vector<double>(2, 2.0 / 70), 0.05), 2u);
}

// Without the correction a report of 20 null comparisons has a false alarm in 64 % of cases.
TEST(HolmTest, AReportOfNoiseSeldomCallsAChange) {
  std::mt19937_64 random(20261121);
  std::lognormal_distribution<double> noise(0, 0.1);
  constexpr int kReports = 200, kRows = 20;
  int alarmed = 0, alarmed_without = 0;
  for (int report = 0; report < kReports; ++report) {
    std::vector<double> p;
    for (int row = 0; row < kRows; ++row) {
      std::vector<double> a(9), b(9);
      for (double& x : a) x = noise(random);
      for (double& x : b) x = noise(random);
      p.push_back(RankSumTest(a, b).p);
    }
    const std::vector<double> adjusted = HolmAdjusted(p);
    alarmed += *std::min_element(adjusted.begin(), adjusted.end()) <= 0.05;
    alarmed_without += *std::min_element(p.begin(), p.end()) <= 0.05;
  }
  std::printf("reports with a false alarm: %d of %d, %d without the correction\n", alarmed,
              kReports, alarmed_without);
  EXPECT_LE(alarmed, 19);  // 10 expected at most, three standard deviations of 3.1
  EXPECT_GE(alarmed_without, 90);
}

TEST(ExactTest, OneValueOrAWarning) {
  EXPECT_EQ(SummarizeExact(std::vector<double>{3, 3}).warning, Warning::kNone);
  const double nan = std::nan("");
  EXPECT_EQ(SummarizeExact(std::vector<double>{nan}).warning, Warning::kNone);
  EXPECT_EQ(SummarizeExact(std::vector<double>{2, nan, 2, nan}).value, 2);
  const ExactValue varying = SummarizeExact(std::vector<double>{2, 1, 2, 1, 5});
  EXPECT_EQ(varying.warning, Warning::kUnstable);
  EXPECT_EQ(varying.value, 1);
  EXPECT_EQ(varying.range.low, 1);
  EXPECT_EQ(varying.range.high, 5);
}

TEST(VerdictTest, ChangedSameOrNeither) {
  const Interval close{0.99, 1.015}, wide{0.9, 1.3};
  EXPECT_EQ(Judge(0.05, 0.05, wide, 0.02), Verdict::kChanged);
  EXPECT_EQ(Judge(0.01, 0.05, close, 0.02), Verdict::kChanged);  // a small change is one
  EXPECT_EQ(Judge(0.06, 0.05, close, 0.02), Verdict::kSame);
  EXPECT_EQ(Judge(0.06, 0.05, wide, 0.02), Verdict::kCannotTell);
  EXPECT_EQ(Judge(0.06, 0.05, std::nullopt, 0.02), Verdict::kCannotTell);
}

TEST(VerdictTest, Bounds) {
  EXPECT_NEAR(EquivalenceBound({0.99, 1.015}), 0.015, 1e-15);
  EXPECT_NEAR(EquivalenceBound({0.97, 1.015}), 0.03, 1e-15);
  EXPECT_NEAR(DetectableChange(1.1, {1.0, 1.32}), 0.2, 1e-15);
}

// Two samples whose true ratio is 1.03: "same within x %" with a smaller x is a false claim.
TEST(VerdictTest, SameWithinTooLittleIsSeldomSaid) {
  std::mt19937_64 random(20261121);
  std::lognormal_distribution<double> noise(0, 0.02);
  constexpr int kComparisons = 1000;
  constexpr double kAlpha = 0.05, kTrue = 0.03;
  int said = 0, false_claims = 0;
  for (int i = 0; i < kComparisons; ++i) {
    std::vector<double> a(9), b(9);
    for (double& x : a) x = std::log(noise(random));
    for (double& x : b) x = std::log(noise(random) * (1 + kTrue));
    const Shift shift = IndependentShift(a, b, 1 - 2 * kAlpha);
    const Interval ratio{std::exp(shift.interval->low), std::exp(shift.interval->high)};
    if (Judge(RankSumTest(a, b).p, kAlpha, ratio, 1) != Verdict::kSame) continue;
    ++said;
    false_claims += EquivalenceBound(ratio) < kTrue;
  }
  std::printf("claims of equivalence that are too narrow: %d of %d comparisons, %d claims\n",
              false_claims, kComparisons, said);
  EXPECT_LE(false_claims, 71);  // 50 expected at most, three standard deviations of 6.9
  EXPECT_GE(said, 50);
}

TEST(WarningTest, HasWords) {
  EXPECT_EQ(ToString(Warning::kAllEqual), "all values are equal");
  EXPECT_EQ(ToString(Warning::kNone), "");
}

}  // namespace
}  // namespace tare::stat
