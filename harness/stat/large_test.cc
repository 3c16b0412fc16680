// SPDX-License-Identifier: Apache-2.0
// Large samples against R, and intervals of small ones that tie against their definition.
//
// The figures of large samples are those of R 4.2.2's wilcox.test(exact = FALSE, correct = TRUE,
// conf.int = TRUE), which approximates by the same normal distribution and finds its interval by
// searching for a root.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "stat/benchstat.h"
#include "stat/rank_sum.h"
#include "stat/shift.h"
#include "stat/signed_rank.h"

namespace tare::stat {
namespace {

// The values that f has from 0 to n - 1.
template <class F>
std::vector<double> Made(int n, F f) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(static_cast<double>(f(i)));
  return values;
}

void ExpectRankSum(const std::vector<double>& a, const std::vector<double>& b, double u, double p) {
  const RankSum test = RankSumTest(a, b);
  EXPECT_EQ(test.warning, Warning::kApproximate);
  EXPECT_EQ(test.u, u);
  EXPECT_NEAR(test.p, p, 1e-9 * p);
}

TEST(LargeRankSumTest, TiesNarrowTheDeviation) {
  ExpectRankSum(Made(150, [](int i) { return i * 37 % 10; }),
                Made(170, [](int i) { return i * 53 % 10 + (i % 4 == 0); }), 12105,
                0.432369952809595);
  ExpectRankSum(Made(150, [](int i) { return i % 5 == 0; }),
                Made(170, [](int i) { return i % 3 == 0; }), 11025, 0.00673952199962262);
  // Nearly all are one value: without the correction this would be 0.44.
  ExpectRankSum(Made(150, [](int i) { return i % 50 == 0; }),
                Made(170, [](int i) { return i % 15 == 0; }), 12105, 0.0330490700718749);
}

// benchstat counts tied samples of up to 25; of more it takes the same approximation.
TEST(LargeRankSumTest, BenchstatApproximatesTiedSamplesOf26) {
  const BenchstatTest test = BenchstatUTest(Made(26, [](int i) { return i * 37 % 10; }),
                                            Made(26, [](int i) { return i * 53 % 10 + 2; }));
  EXPECT_EQ(test.u1, 219);
  EXPECT_NEAR(test.p, 0.0293949403807811, 1e-12);
}

TEST(LargeRankSumTest, WithoutTies) {
  const auto x = Made(200, [](int i) { return i * 7919 % 10007; });
  const auto y = Made(200, [](int i) { return (i * 6101 + 3) % 10007 + 900.5; });
  ExpectRankSum(y, x, 23199, 0.00566570224903851);
  const Shift shift = IndependentShift(x, y, 0.95);
  EXPECT_TRUE(shift.approximate);
  EXPECT_NEAR(shift.estimate, 838.500052669497, 1e-3);
  ASSERT_TRUE(shift.interval.has_value());
  EXPECT_NEAR(shift.interval->low, 250.500064689432, 1e-3);
  EXPECT_NEAR(shift.interval->high, 1420.50002062093, 1e-3);
}

// What the interval is by definition: the shifts that the test does not reject.
TEST(LargeRankSumTest, TheIntervalIsWhatTheTestAccepts) {
  const auto x = Made(160, [](int i) { return i * 7919 % 10007; });
  const auto y = Made(170, [](int i) { return (i * 6101 + 3) % 10007 + 900.5; });
  for (const double alpha : {0.05, 0.01}) {
    const auto interval = IndependentShift(x, y, 1 - alpha).interval;
    ASSERT_TRUE(interval.has_value());
    const auto p_of = [&](double shift) {
      std::vector<double> back = y;
      for (double& value : back) value -= shift;
      return RankSumTest(x, back).p;
    };
    EXPECT_GT(p_of(interval->low + 0.25), alpha);
    EXPECT_LE(p_of(interval->low - 0.25), alpha);
    EXPECT_GT(p_of(interval->high - 0.25), alpha);
    EXPECT_LE(p_of(interval->high + 0.25), alpha);
  }
}

void ExpectSignedRank(const std::vector<double>& d, size_t pairs, double p) {
  const SignedRank test = SignedRankTest(d);
  EXPECT_EQ(test.warning, Warning::kApproximate);
  EXPECT_EQ(test.pairs, pairs);
  EXPECT_NEAR(test.p, p, 1e-9 * p);
}

TEST(LargeSignedRankTest, AgreesWithR) {
  const auto d = Made(320, [](int i) {
    const int value = i * 7919 % 1009 - 450;
    return value == 0 ? 0.5 : value;
  });
  ExpectSignedRank(d, 320, 0.00114337093986415);
  const Shift shift = PairedShift(d, 0.95);
  EXPECT_TRUE(shift.approximate);
  EXPECT_NEAR(shift.estimate, 55.5000111702239, 1e-3);
  ASSERT_TRUE(shift.interval.has_value());
  EXPECT_NEAR(shift.interval->low, 22.5000006295335, 1e-3);
  EXPECT_NEAR(shift.interval->high, 89.9999428828666, 1e-3);
}

TEST(LargeSignedRankTest, TiesNarrowTheDeviation) {
  auto d = Made(320, [](int i) { return i * 37 % 21 - 9; });
  d.erase(std::remove(d.begin(), d.end(), 0), d.end());
  ExpectSignedRank(d, 305, 0.00642459742051844);
}

// The ends follow from the definition in shift.h by enumerating all deals and all signs; they were
// worked out apart from this code.
TEST(TiedShiftTest, KnownEnds) {
  const auto expect = [](const Shift& shift, double low, double high) {
    ASSERT_TRUE(shift.interval.has_value());
    EXPECT_EQ(shift.interval->low, low);
    EXPECT_EQ(shift.interval->high, high);
  };
  using V = std::vector<double>;
  expect(PairedShift(V{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7}, 0.95), 0.5, 4.5);
  expect(PairedShift(V{0, 0, 0, -1, 2, 2, 3, 4, 4, 5}, 0.95), 0, 3.5);
  expect(PairedShift(V{0, 0, 1, 1, 1, 1, 2, 2}, 0.95), 0.5, 1.5);
  expect(IndependentShift(V{1, 1, 1, 2, 2, 3}, V{2, 3, 3, 4, 4, 4}, 0.95), 1, 3);
  expect(IndependentShift(V{0, 0, 0, 0, 1}, V{0, 0, 1, 1, 1, 1, 2}, 0.95), 0, 1);
  // Here the ranks are others than without ties, one more and one fewer.
  expect(IndependentShift(V{1, 1, 2, 5, 5, 5}, V{1, 1, 2, 3, 5, 5}, 0.95), -3, 2);
  expect(IndependentShift(V{1, 1, 1, 1, 2, 5}, V{1, 1, 2, 2, 2, 3}, 0.95), -3, 1);
  // And here those of the two ends differ, also with the samples in the other order.
  expect(IndependentShift(V{1, 2, 2, 2, 2, 3, 5}, V{1, 1, 1, 1, 3}, 0.95), -2, 1);
  expect(IndependentShift(V{1, 1, 1, 1, 3}, V{1, 2, 2, 2, 2, 3, 5}, 0.95), -1, 2);
}

}  // namespace
}  // namespace tare::stat
