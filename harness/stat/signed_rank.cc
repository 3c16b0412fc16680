// SPDX-License-Identifier: Apache-2.0
// Counts subsets of the ranks by their sum.
#include "stat/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace tare::stat {
namespace {

constexpr size_t kMostPairs = 300;

// Twice the mid-ranks of the magnitudes, and which are of positive differences.
struct Ranked {
  std::vector<size_t> twice_rank;
  size_t twice_sum = 0;       // of all
  size_t twice_positive = 0;  // of the positive differences
  double ties = 0;            // sum of t^3 - t
};

Ranked RanksOf(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::fabs(a) < std::fabs(b); });
  Ranked ranked;
  for (size_t i = 0, end = 0; i < differences.size(); i = end) {
    while (end < differences.size() && std::fabs(differences[end]) == std::fabs(differences[i])) {
      ++end;
    }
    const double t = static_cast<double>(end - i);
    ranked.ties += t * t * t - t;
    for (size_t k = i; k < end; ++k) {
      ranked.twice_rank.push_back(i + 1 + end);
      ranked.twice_sum += i + 1 + end;
      if (differences[k] > 0) ranked.twice_positive += i + 1 + end;
    }
  }
  return ranked;
}

// How many of the 2^n subsets have each sum up to `limit`.
std::vector<double> CountSubsets(const std::vector<size_t>& ranks, size_t limit) {
  std::vector<double> ways(limit + 1);
  ways[0] = 1;
  for (const size_t rank : ranks) {
    for (size_t sum = limit; sum >= rank && sum <= limit; --sum) ways[sum] += ways[sum - rank];
  }
  return ways;
}

}  // namespace

SignedRank SignedRankTest(std::span<const double> differences) {
  std::vector<double> telling;
  std::copy_if(differences.begin(), differences.end(), std::back_inserter(telling),
               [](double d) { return d != 0; });
  const size_t n = telling.size();
  SignedRank result{.pairs = n};
  if (n == 0) {
    result.warning = differences.empty() ? Warning::kTooFew : Warning::kAllEqual;
    return result;
  }
  const Ranked ranked = RanksOf(std::move(telling));
  const size_t tail = std::min(ranked.twice_positive, ranked.twice_sum - ranked.twice_positive);
  if (n > kMostPairs) {
    const double count = static_cast<double>(n);
    const double variance = count * (count + 1) * (2 * count + 1) / 24 - ranked.ties / 48;
    const double distance =
        static_cast<double>(ranked.twice_sum) / 4 - static_cast<double>(tail) / 2 - 0.5;
    result.p = std::min(1.0, std::erfc(std::max(0.0, distance) / std::sqrt(2 * variance)));
    result.warning = Warning::kApproximate;
    return result;
  }
  double ways = 0;
  for (const double count : CountSubsets(ranked.twice_rank, tail)) ways += count;
  // The distribution is symmetric: the other tail is as heavy.
  result.p = std::min(1.0, std::ldexp(2 * ways, -static_cast<int>(n)));
  return result;
}

double LeastSignedRankP(size_t n) {
  return n == 0 ? 1 : std::ldexp(2.0, -static_cast<int>(std::min<size_t>(n, 1000)));
}

std::vector<double> UntiedSignedRanks(size_t n) {
  if (n == 0 || n > kMostPairs) return {};
  std::vector<size_t> ranks;
  for (size_t rank = 1; rank <= n; ++rank) ranks.push_back(rank);
  std::vector<double> cumulative = CountSubsets(ranks, n * (n + 1) / 2);
  double sum = 0;
  for (double& ways : cumulative) ways = std::ldexp(sum += ways, -static_cast<int>(n));
  return cumulative;
}

}  // namespace tare::stat
