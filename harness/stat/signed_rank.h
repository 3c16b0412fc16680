// SPDX-License-Identifier: Apache-2.0
// Two samples in pairs, a round each: the exact test of signs and ranks (Wilcoxon), ties included.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stat/warning.h"

namespace tare::stat {

struct SignedRank {
  double p = 1;      // two-sided, over all ways to turn signs around; never 0
  size_t pairs = 0;  // that differ; the others say nothing
  Warning warning = Warning::kNone;
};

// Whether `differences`, one of each pair, tend to be positive or negative. The null hypothesis is
// that either member of a pair could have been the other, so that each sign is a toss: the ways to
// toss them are counted over the mid-ranks of the magnitudes. Above 300 pairs it is the normal
// approximation (kApproximate). Differences of zero are left out; kAllEqual where nothing is left.
// For effects that are factors, give logarithms of ratios.
SignedRank SignedRankTest(std::span<const double> differences);

// The smallest p that n pairs can give: that of differences which all have one sign.
double LeastSignedRankP(size_t n);

// P(W <= w) of the rank sum W of one sign, w = 0, 1, ... n (n + 1) / 2, without ties. Nothing above
// 300 pairs.
std::vector<double> UntiedSignedRanks(size_t n);

}  // namespace tare::stat
