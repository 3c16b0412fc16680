// SPDX-License-Identifier: Apache-2.0
// Counts subsets of the ranks by their sum.
#include "stat/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "stat/normal.h"

namespace tare::stat {
namespace {

constexpr size_t kMostPairs = 300;

// Twice the mid-ranks of the magnitudes, and which are of positive differences. Zeros come first,
// and count for nothing else.
struct Ranked {
  std::vector<size_t> twice_rank;
  size_t zeros = 0;
  size_t twice_sum = 0;       // of all
  size_t twice_positive = 0;  // of the positive differences

  bool IsLarge() const { return twice_rank.size() > kMostPairs; }
  double Mean() const { return static_cast<double>(twice_sum) / 4; }
  double Deviation() const {
    double squares = 0;
    for (const size_t rank : twice_rank) {
      squares += static_cast<double>(rank) * static_cast<double>(rank);
    }
    return std::sqrt(squares) / 4;
  }
};

Ranked RanksOf(std::span<const double> sample) {
  std::vector<double> differences(sample.begin(), sample.end());
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::fabs(a) < std::fabs(b); });
  Ranked ranked;
  for (size_t i = 0, end = 0; i < differences.size(); i = end) {
    while (end < differences.size() && std::fabs(differences[end]) == std::fabs(differences[i])) {
      ++end;
    }
    if (differences[i] == 0) {
      ranked.zeros = end;
      continue;
    }
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

// Which sums of the ranks of one sign the test rejects.
struct Rejected {
  bool any = false;
  size_t last = 0;  // of those that occur
  size_t next = 0;  // the first that occurs and is accepted; `limit` where none is
};

Rejected RejectedSums(const std::vector<size_t>& ranks, size_t limit, double tail) {
  const double bound = std::ldexp(tail * (1 + 1e-12), static_cast<int>(ranks.size()));
  const std::vector<double> ways = CountSubsets(ranks, limit);
  Rejected rejected{.next = limit};
  double sum = 0;
  for (size_t w = 0; w < ways.size(); ++w) {
    if (ways[w] == 0) continue;
    if ((sum += ways[w]) > bound) {
      rejected.next = w;
      break;
    }
    rejected.any = true;
    rejected.last = w;
  }
  return rejected;
}

// Without ties and zeros.
size_t UntiedCut(size_t n, double tail) {
  std::vector<size_t> ranks;
  for (size_t rank = 1; rank <= n; ++rank) ranks.push_back(rank);
  const Rejected rejected = RejectedSums(ranks, n * (n + 1) / 2, tail);
  return rejected.any ? rejected.last + 1 : 0;
}

}  // namespace

SignedRank SignedRankTest(std::span<const double> differences) {
  const Ranked ranked = RanksOf(differences);
  const size_t n = ranked.twice_rank.size();
  SignedRank result{.pairs = n};
  if (n == 0) {
    result.warning = differences.empty() ? Warning::kTooFew : Warning::kAllEqual;
    return result;
  }
  const size_t tail = std::min(ranked.twice_positive, ranked.twice_sum - ranked.twice_positive);
  if (ranked.IsLarge()) {
    const double distance = std::max(0.0, ranked.Mean() - static_cast<double>(tail) / 2 - 0.5);
    result.p = std::clamp(2 * UpperNormal(distance / ranked.Deviation()), kLeastP, 1.0);
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

SignedRankCut CutOfSignedRanks(std::span<const double> differences, double tail) {
  const Ranked ranked = RanksOf(differences);
  if (ranked.IsLarge()) {
    const double cut = ranked.Mean() + 0.5 - NormalQuantile(tail) * ranked.Deviation();
    return {cut < 1 ? 0 : static_cast<size_t>(cut), true};
  }
  // As without ties, unless test and interval would disagree about a centre of 0; see RankSumCuts.
  // Averages of two zeros lie on neither side of it.
  const size_t n = differences.size(), zeros = ranked.zeros * (ranked.zeros + 1) / 2;
  const Rejected rejected = RejectedSums(ranked.twice_rank, ranked.twice_sum / 2, tail);
  const size_t least = rejected.any ? rejected.last / 2 + 1 : 0;
  const size_t most = std::max(least, (rejected.next + 1) / 2 + zeros);
  return {n > kMostPairs ? most : std::clamp(UntiedCut(n, tail), least, most), false};
}

}  // namespace tare::stat
