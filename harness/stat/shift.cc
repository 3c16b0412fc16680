// SPDX-License-Identifier: Apache-2.0
// Order statistics of pairwise differences; their ranks come from the test's null distribution.
#include "stat/shift.h"

#include <algorithm>
#include <vector>

#include "stat/rank_sum.h"
#include "stat/signed_rank.h"

namespace tare::stat {
namespace {

// The k-th smallest value, from 0, which lies in [begin, end); reorders those.
double Select(std::vector<double>* values, size_t k, size_t begin, size_t end) {
  const auto at = [&](size_t i) { return values->begin() + static_cast<std::ptrdiff_t>(i); };
  std::nth_element(at(begin), at(k), at(end));
  return *at(k);
}

// `cumulative` is the null distribution of the number of negative `differences`. It is symmetric,
// so k values are cut off either end with the same probability.
Shift FromDifferences(std::vector<double> differences, const std::vector<double>& cumulative,
                      double confidence) {
  const size_t n = differences.size();
  Shift shift;
  const double upper = Select(&differences, n / 2, 0, n);
  shift.estimate = upper;
  if (n % 2 == 0) {
    const double lower = *std::max_element(
        differences.begin(), differences.begin() + static_cast<std::ptrdiff_t>(n / 2));
    shift.estimate = lower + (upper - lower) / 2;
  }
  // The largest k with P(fewer than k) <= (1 - confidence) / 2. A rounding of the last digit must
  // not cost a confidence that is met exactly.
  const double tail = (1 - confidence) / 2 * (1 + 1e-12);
  const size_t k = static_cast<size_t>(
      std::upper_bound(cumulative.begin(), cumulative.end(), tail) - cumulative.begin());
  if (k == 0 || 2 * k > n) return shift;
  shift.interval = Interval{Select(&differences, k - 1, 0, n / 2 + 1),  // n/2 stands already
                            Select(&differences, n - k, n / 2, n)};
  return shift;
}

}  // namespace

Shift IndependentShift(std::span<const double> a, std::span<const double> b, double confidence) {
  std::vector<double> differences;
  differences.reserve(a.size() * b.size());
  for (const double x : a) {
    for (const double y : b) differences.push_back(y - x);
  }
  return FromDifferences(std::move(differences), UntiedRankSums(a.size(), b.size()), confidence);
}

Shift PairedShift(std::span<const double> differences, double confidence) {
  std::vector<double> walsh;
  walsh.reserve(differences.size() * (differences.size() + 1) / 2);
  for (size_t i = 0; i < differences.size(); ++i) {
    for (size_t j = i; j < differences.size(); ++j) {
      walsh.push_back(differences[i] + (differences[j] - differences[i]) / 2);
    }
  }
  return FromDifferences(std::move(walsh), UntiedSignedRanks(differences.size()), confidence);
}

}  // namespace tare::stat
