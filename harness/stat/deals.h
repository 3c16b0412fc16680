// SPDX-License-Identifier: Apache-2.0
// The ways to deal pooled values, ties and all, into two samples: what rank tests are counted from.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tare::stat {

// The pooled values by size: how many of each sample are equal.
struct TieGroup {
  size_t of_a = 0;
  size_t of_b = 0;
  size_t size() const { return of_a + of_b; }
};

// The groups of equal values, smallest first. A NaN is a group of its own, before all numbers.
std::vector<TieGroup> GroupsOf(std::span<const double> a, std::span<const double> b);

// 2 U of the first sample: pairs in which its value is the larger one count 2, ties 1.
size_t TwiceU(const std::vector<TieGroup>& groups);

// n over k; exact below 2^53, then to a double's precision.
double Choose(size_t n, size_t k);

// How many deals of n1 values to the first sample, and n2 to the second, have u / `parts` = U for
// u = 0 ... limit. `parts` is 2, or 1 where no values tie. Exact as long as the counts stay below
// 2^53, then to a double's precision: all terms are positive.
std::vector<double> CountDeals(const std::vector<TieGroup>& groups, size_t n1, size_t n2,
                               size_t parts, size_t limit);

}  // namespace tare::stat
