// SPDX-License-Identifier: Apache-2.0
// Sorting, and tails of Binomial(n, 1/2) as sums of binomial coefficients.
#include "stat/median.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tare::stat {
namespace {

// Beyond this C(n, n/2) leaves the range of long double.
constexpr size_t kMaxSample = 16000;

std::vector<double> Sorted(std::span<const double> sample) {
  std::vector<double> sorted(sample.begin(), sample.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

double Median(std::span<const double> sample) {
  const std::vector<double> sorted = Sorted(sample);
  const size_t middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[middle];
  return sorted[middle - 1] + (sorted[middle] - sorted[middle - 1]) / 2;
}

std::optional<Ranks> MedianRanks(size_t n, double confidence) {
  if (n == 0 || n > kMaxSample) return std::nullopt;
  const long double all = std::ldexp(1.0L, static_cast<int>(n));
  // [x(k), x(n+1-k)] misses the median if fewer than k values lie on one of its sides:
  // 2 (C(n,0) + ... + C(n,k-1)) of the 2^n ways to lie.
  std::optional<Ranks> narrowest;
  long double coefficient = 1;  // C(n, k-1)
  long double tail = 0;
  for (size_t k = 1; k <= (n + 1) / 2; ++k) {
    tail += coefficient;
    const double coverage = static_cast<double>(1 - 2 * tail / all);
    if (coverage < confidence) break;
    narrowest = Ranks{k, n + 1 - k, coverage};
    coefficient = coefficient * static_cast<long double>(n - k + 1) / static_cast<long double>(k);
  }
  return narrowest;
}

size_t LeastSampleForInterval(double confidence) {
  size_t n = 1;
  while (n < kMaxSample && !MedianRanks(n, confidence).has_value()) ++n;
  return n;
}

std::optional<Interval> MedianInterval(std::span<const double> sample, double confidence) {
  const std::optional<Ranks> ranks = MedianRanks(sample.size(), confidence);
  if (!ranks.has_value()) return std::nullopt;
  const std::vector<double> sorted = Sorted(sample);
  return Interval{sorted[ranks->low - 1], sorted[ranks->high - 1]};
}

}  // namespace tare::stat
