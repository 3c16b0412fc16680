// SPDX-License-Identifier: Apache-2.0
// The statistics of Go's benchstat as they are, defects included: for its compatibility mode only.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tare::stat {

// The median as benchstat takes it: quantile 8 of Hyndman and Fan. `sorted` is not empty.
double BenchstatMedian(std::span<const double> sorted);

// The order statistics, from 1, between which its interval lies. 0 stands for minus infinity, n + 1
// for infinity.
struct BenchstatRanks {
  size_t low = 0;
  size_t high = 0;
  double mass = 0;  // its own idea of the confidence
};
BenchstatRanks BenchstatMedianRanks(size_t n, double confidence);

// The smallest n of 2 ... 50 whose interval is finite; 0 if there is none.
size_t BenchstatLeastForInterval(double confidence);

struct BenchstatTest {
  double u1 = 0;
  double p = 1;            // may be wrong, and above 1, where values tie and the sizes differ
  std::string_view error;  // empty, or why there is no test, in its words
};
BenchstatTest BenchstatUTest(std::span<const double> x1, std::span<const double> x2);

// The smallest sample size of 1 ... 9 whose least p is at most alpha; 0 if there is none.
size_t BenchstatLeastForTest(double alpha);

// The geometric mean as a running mean of logarithms; NaN where a value is not positive, or there
// is none.
double BenchstatGeomean(std::span<const double> values);

}  // namespace tare::stat
