// SPDX-License-Identifier: Apache-2.0
// Two independent samples: the exact permutation test of ranks (Mann-Whitney U), ties included.
#pragma once

#include <cstddef>
#include <span>

#include "stat/warning.h"

namespace tare::stat {

struct RankSum {
  // Pairs in which the value of the first sample is the larger one; ties count one half.
  double u = 0;
  // Two-sided: twice the smaller tail of U over all ways to deal the pooled values out, at most 1.
  // Never 0: the deal at hand is one of them. Of the approximation at least kLeastP.
  double p = 1;
  Warning warning = Warning::kNone;
};

// Whether values of `b` tend to be larger or smaller than those of `a`. The null hypothesis is that
// both come from one distribution, of which nothing is assumed: the ways in which the pooled
// values, ties and all, fall into samples of these sizes are counted. Polynomial in the sizes;
// beyond some 130 values a sample the normal approximation takes over, and says so (kApproximate).
// kTooFew where a sample is empty, kAllEqual where all values are one; p is 1 then. Neither holds
// NaN.
RankSum RankSumTest(std::span<const double> a, std::span<const double> b);

// The smallest p that samples of these sizes can give: that of samples which do not overlap.
double LeastRankSumP(size_t n1, size_t n2);

// The smallest p that these pooled values can give, ties and all: that of their two extreme deals.
double LeastRankSumP(std::span<const double> a, std::span<const double> b);

// The interval of shifts that belongs to the test ends `low` differences b[j] - a[i] from the
// smallest and `high` from the largest: with fewer differences below 0 than `low` it rejects with
// that tail. 0: even the extreme deal is more probable than that.
struct Cuts {
  size_t low = 0;
  size_t high = 0;
  bool approximate = false;  // as the test is
};

// As of values that do not tie, unless the interval would then contradict the test of values that
// do: what the test rejects is no inner point of the interval, what it accepts is in it. `tail` is
// the probability on one side, below 1/2.
Cuts RankSumCuts(std::span<const double> a, std::span<const double> b, double tail);

}  // namespace tare::stat
