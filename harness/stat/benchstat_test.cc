// SPDX-License-Identifier: Apache-2.0
// benchstat's statistics against vectors that the original has printed.
#include "stat/benchstat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "stat/fixture/tsv.h"

namespace tare::stat {
namespace {

TEST(BenchstatTest, MedianRanks) {
  for (const auto& row : ReadVectors("median_ci.tsv")) {
    const BenchstatRanks ranks = BenchstatMedianRanks(std::stoul(row[0]), std::stod(row[1]));
    EXPECT_EQ(ranks.low, std::stoul(row[2])) << row[0] << " " << row[1];
    EXPECT_EQ(ranks.high, std::stoul(row[3])) << row[0] << " " << row[1];
    EXPECT_NEAR(ranks.mass, std::stod(row[4]), 1e-9) << row[0] << " " << row[1];
  }
  EXPECT_EQ(BenchstatLeastForInterval(0.95), 6u);
  EXPECT_EQ(BenchstatLeastForInterval(0.99), 8u);
  EXPECT_EQ(BenchstatLeastForInterval(1), 0u);
}

TEST(BenchstatTest, SummaryToTheLastBit) {
  for (const auto& row : ReadVectors("summary.tsv")) {
    std::vector<double> sorted = Numbers(row[0]);
    std::sort(sorted.begin(), sorted.end());
    const size_t n = sorted.size();
    EXPECT_EQ(BenchstatMedian(sorted), std::stod(row[2])) << row[0];
    const BenchstatRanks ranks = BenchstatMedianRanks(n, std::stod(row[1]));
    EXPECT_EQ(ranks.low == 0 ? -INFINITY : sorted[ranks.low - 1], std::stod(row[3])) << n;
    EXPECT_EQ(ranks.high > n ? INFINITY : sorted[ranks.high - 1], std::stod(row[4])) << n;
  }
}

TEST(BenchstatTest, UTestWithItsDefects) {
  for (const auto& row : ReadVectors("utest.tsv")) {
    const BenchstatTest test = BenchstatUTest(Numbers(row[0]), Numbers(row[1]));
    EXPECT_EQ(test.error, row[4]);
    if (!test.error.empty()) continue;
    EXPECT_EQ(test.u1, std::stod(row[2]));
    const double p = std::stod(row[3]);
    EXPECT_NEAR(test.p, p, 1e-10 * p) << row[0] << " | " << row[1];
  }
  EXPECT_EQ(BenchstatLeastForTest(0.05), 4u);
  EXPECT_EQ(BenchstatLeastForTest(0.001), 7u);
  EXPECT_EQ(BenchstatLeastForTest(0), 0u);
}

TEST(BenchstatTest, Geomean) {
  for (const auto& row : ReadVectors("geomean.tsv")) {
    const double expected = std::stod(row[1]);
    const double got = BenchstatGeomean(Numbers(row[0]));
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(got)) << row[0];
    } else {
      EXPECT_NEAR(got, expected, 1e-14 * expected) << row[0];
    }
  }
}

}  // namespace
}  // namespace tare::stat
