// SPDX-License-Identifier: Apache-2.0
// Two independent samples: the exact permutation test of ranks (Mann-Whitney U), ties included.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stat/warning.h"

namespace tare::stat {

struct RankSum {
  // Pairs in which the value of the first sample is the larger one; ties count one half.
  double u = 0;
  // Two-sided: twice the smaller tail of U over all ways to deal the pooled values out, at most 1.
  // Never 0: the deal at hand is one of them.
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

// P(U <= u) for u = 0, 1, ... n1 * n2 where no values tie. Sizes whose product is above 20,000 give
// nothing.
std::vector<double> UntiedRankSums(size_t n1, size_t n2);

}  // namespace tare::stat
