// SPDX-License-Identifier: Apache-2.0
// Both tails of the counted distribution, or of the normal one where counting takes too long.
#include "stat/rank_sum.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "stat/deals.h"
#include "stat/normal.h"

namespace tare::stat {
namespace {

// Steps of counting that are a matter of a tenth of a second.
constexpr double kMostSteps = 1e9;

// Whether the ways to deal are too many to count.
bool IsLarge(size_t n1, size_t n2) {
  const double a = static_cast<double>(n1), b = static_cast<double>(n2);
  return a * b * (a + b) * std::min(a, b) > kMostSteps;
}

// The standard deviation of U, ties included.
double Deviation(const std::vector<TieGroup>& groups, double n1, double n2) {
  const double n = n1 + n2;
  double ties = 0;
  for (const TieGroup& group : groups) {
    const double t = static_cast<double>(group.size());
    ties += t * t * t - t;
  }
  return std::sqrt(n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1))));
}

// With the correction for continuity.
double ApproximateP(const std::vector<TieGroup>& groups, double n1, double n2, double u) {
  const double distance = std::max(0.0, std::fabs(u - n1 * n2 / 2) - 0.5);
  return std::clamp(2 * UpperNormal(distance / Deviation(groups, n1, n2)), kLeastP, 1.0);
}

// How many probabilities of a cumulative distribution are at most `tail`. A rounding of the last
// digit must not cost a probability that is met exactly.
size_t CutOf(const std::vector<double>& cumulative, double tail) {
  return static_cast<size_t>(
      std::upper_bound(cumulative.begin(), cumulative.end(), tail * (1 + 1e-12)) -
      cumulative.begin());
}

// The cut of values that tie: as without ties, `untied`, unless test and interval would disagree
// about a shift of 0. Where the test rejects, fewer differences than the cut must lie below 0: more
// than U there. Where it does not, no more than U may be cut off. `ways` is by 2 U, out of `all`.
size_t TiedCut(const std::vector<double>& ways, double all, double tail, size_t untied) {
  size_t least = 0;
  double sum = 0;
  for (size_t twice_u = 0; twice_u < ways.size(); ++twice_u) {
    if (ways[twice_u] == 0) continue;  // no deal comes to it
    sum += ways[twice_u];
    if (sum / all > tail * (1 + 1e-12)) return std::clamp(untied, least, (twice_u + 1) / 2);
    least = twice_u / 2 + 1;
  }
  return std::max(untied, least);
}

// The deals of pooled values that tie, asked for last: one comparison asks at several levels.
struct RememberedTies {
  size_t n1 = 0;
  size_t n2 = 0;
  std::vector<size_t> sizes;
  std::vector<double> lower, upper;  // ways to have 2 U = 0, 1, ... n1 n2, and 2 (n1 n2 - U)
};

const RememberedTies& Tied(std::vector<TieGroup> groups, size_t n1, size_t n2) {
  thread_local RememberedTies last;
  std::vector<size_t> sizes;
  for (const TieGroup& group : groups) sizes.push_back(group.size());
  if (last.n1 == n1 && last.n2 == n2 && last.sizes == sizes) return last;
  last = {n1, n2, std::move(sizes), CountDeals(groups, n1, n2, 2, n1 * n2), {}};
  if (n1 == n2) {
    last.upper = last.lower;  // either sample may be the first
  } else {
    std::reverse(groups.begin(), groups.end());
    last.upper = CountDeals(groups, n1, n2, 2, n1 * n2);
  }
  return last;
}

// The probability of the deal in which the first sample takes the smallest values.
double ExtremeDeal(const std::vector<TieGroup>& groups, size_t n1, size_t n2) {
  size_t left = n1, group = 0;
  while (groups[group].size() < left) left -= groups[group++].size();
  return Choose(groups[group].size(), left) / Choose(n1 + n2, n1);
}

// The distribution asked for last: a report asks for the same sizes again and again.
struct Remembered {
  size_t n1 = 0;
  size_t n2 = 0;
  std::vector<double> cumulative;
};

const std::vector<double>& Untied(size_t n1, size_t n2) {
  thread_local Remembered last;
  if (last.cumulative.empty() || last.n1 != n1 || last.n2 != n2) {
    const std::vector<TieGroup> groups(n1 + n2, TieGroup{1, 0});
    std::vector<double> counts = CountDeals(groups, n1, n2, 1, n1 * n2);
    const double all = Choose(n1 + n2, n1);
    double sum = 0;
    for (double& count : counts) count = (sum += count) / all;
    last = {n1, n2, std::move(counts)};
  }
  return last.cumulative;
}

}  // namespace

RankSum RankSumTest(std::span<const double> a, std::span<const double> b) {
  size_t n1 = a.size(), n2 = b.size();
  if (n1 == 0 || n2 == 0) return {.warning = Warning::kTooFew};
  std::vector<TieGroup> groups = GroupsOf(a, b);
  size_t twice_u = TwiceU(groups);
  RankSum result{.u = static_cast<double>(twice_u) / 2};
  if (groups.size() == 1) {
    result.warning = Warning::kAllEqual;
    return result;
  }
  if (IsLarge(n1, n2)) {
    result.p = ApproximateP(groups, static_cast<double>(n1), static_cast<double>(n2), result.u);
    result.warning = Warning::kApproximate;
    return result;
  }
  // Counting is cheapest for the smaller sample, and from the end of the scale that is nearer.
  if (n1 > n2) {
    for (TieGroup& group : groups) std::swap(group.of_a, group.of_b);
    std::swap(n1, n2);
    twice_u = 2 * n1 * n2 - twice_u;
  }
  if (twice_u > n1 * n2) {
    std::reverse(groups.begin(), groups.end());
    twice_u = 2 * n1 * n2 - twice_u;
  }
  double lower = 0, below = 0;  // P(U <= u), P(U < u)
  if (groups.size() == n1 + n2) {
    const size_t u = twice_u / 2;
    const std::vector<double>& cumulative = Untied(n1, n2);
    lower = cumulative[u];
    below = u == 0 ? 0 : cumulative[u - 1];
  } else {
    const std::vector<double> counts = CountDeals(groups, n1, n2, 2, twice_u);
    for (size_t u = 0; u < twice_u; ++u) below += counts[u];
    const double all = Choose(n1 + n2, n1);
    lower = (below + counts[twice_u]) / all;
    below /= all;
  }
  result.p = std::min(1.0, 2 * std::min(lower, 1 - below));
  return result;
}

double LeastRankSumP(size_t n1, size_t n2) {
  if (n1 == 0 || n2 == 0) return 1;
  return std::min(1.0, 2 / Choose(n1 + n2, std::min(n1, n2)));
}

double LeastRankSumP(std::span<const double> a, std::span<const double> b) {
  if (a.empty() || b.empty()) return 1;
  if (IsLarge(a.size(), b.size())) return kLeastP;
  std::vector<TieGroup> groups = GroupsOf(a, b);
  const double low = ExtremeDeal(groups, a.size(), b.size());
  std::reverse(groups.begin(), groups.end());
  return std::min(1.0, 2 * std::min(low, ExtremeDeal(groups, a.size(), b.size())));
}

Cuts RankSumCuts(std::span<const double> a, std::span<const double> b, double tail) {
  const size_t n1 = a.size(), n2 = b.size();
  if (n1 == 0 || n2 == 0) return {};
  if (n1 > n2) {
    const Cuts other = RankSumCuts(b, a, tail);
    return {other.high, other.low, other.approximate};
  }
  const std::vector<TieGroup> groups = GroupsOf(a, b);
  if (IsLarge(n1, n2)) {
    const double x = static_cast<double>(n1), y = static_cast<double>(n2);
    const double cut = x * y / 2 + 0.5 - NormalQuantile(tail) * Deviation(groups, x, y);
    const size_t k = cut < 1 ? 0 : static_cast<size_t>(cut);
    return {k, k, true};
  }
  if (groups.size() == n1 + n2) {
    const size_t k = CutOf(Untied(n1, n2), tail);
    return {k, k, false};
  }
  const RememberedTies& ties = Tied(groups, n1, n2);
  const size_t untied = CutOf(Untied(n1, n2), tail);
  const double all = Choose(n1 + n2, n1);
  return {TiedCut(ties.lower, all, tail, untied), TiedCut(ties.upper, all, tail, untied), false};
}

}  // namespace tare::stat
