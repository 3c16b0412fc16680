// SPDX-License-Identifier: Apache-2.0
// The median of a sample and its distribution-free interval from order statistics.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace tare::stat {

// The middle value, or the mean of the two middle values. The sample is not empty and holds no NaN.
double Median(std::span<const double> sample);

// Order statistics, counted from 1: the interval from the low-th to the high-th smallest value.
struct Ranks {
  size_t low = 0;
  size_t high = 0;
  double coverage =
      0;  // the probability, at least the confidence asked for, that it holds the median
};

// The narrowest interval of the form [x(k), x(n+1-k)] that holds the median of the distribution
// with at least `confidence` (0 < confidence < 1), whatever the distribution: each of n independent
// values lies below the median with probability 1/2, so the coverage is a sum of Binomial(n, 1/2),
// taken exactly for n up to 64. Nothing where even [x(1), x(n)] covers less (n < 6 at 0.95), or
// where n is above 16,000.
std::optional<Ranks> MedianRanks(size_t n, double confidence);

// The smallest n for which MedianRanks gives an interval.
size_t LeastSampleForInterval(double confidence);

struct Interval {
  double low = 0;
  double high = 0;
};

// The interval of MedianRanks over the values of `sample`.
std::optional<Interval> MedianInterval(std::span<const double> sample, double confidence);

}  // namespace tare::stat
