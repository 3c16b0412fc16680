// SPDX-License-Identifier: Apache-2.0
// Two samples in pairs, a round each: the exact test of signs and ranks (Wilcoxon), ties included.
#pragma once

#include <cstddef>
#include <span>

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
// approximation (kApproximate). Differences of zero have ranks, the smallest, but no sign (Pratt);
// kAllEqual where there are no others.
// For effects that are factors, give logarithms of ratios.
SignedRank SignedRankTest(std::span<const double> differences);

// The smallest p that n pairs can give: that of differences which all have one sign.
double LeastSignedRankP(size_t n);

// The interval of the centre that belongs to the test ends `k` Walsh averages from the smallest and
// from the largest; see RankSumCuts.
struct SignedRankCut {
  size_t k = 0;
  bool approximate = false;
};
SignedRankCut CutOfSignedRanks(std::span<const double> differences, double tail);

}  // namespace tare::stat
