// SPDX-License-Identifier: Apache-2.0
// Both tails of the counted distribution, or of the normal one where counting takes too long.
#include "stat/rank_sum.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "stat/deals.h"

namespace tare::stat {
namespace {

// Steps of counting that are a matter of a tenth of a second.
constexpr double kMostSteps = 1e9;
constexpr size_t kMostUntied = 20000;

double UpperNormal(double z) {
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

// With the correction for ties and for continuity.
double ApproximateP(const std::vector<TieGroup>& groups, double n1, double n2, double u) {
  const double n = n1 + n2;
  double ties = 0;
  for (const TieGroup& group : groups) {
    const double t = static_cast<double>(group.size());
    ties += t * t * t - t;
  }
  const double deviation = std::sqrt(n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1))));
  const double distance = std::max(0.0, std::fabs(u - n1 * n2 / 2) - 0.5);
  return std::min(1.0, 2 * UpperNormal(distance / deviation));
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
  const double n = static_cast<double>(n1 + n2);
  const double pairs = static_cast<double>(n1) * static_cast<double>(n2);
  if (pairs * n * static_cast<double>(std::min(n1, n2)) > kMostSteps) {
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

std::vector<double> UntiedRankSums(size_t n1, size_t n2) {
  if (n1 == 0 || n2 == 0 || n1 * n2 > kMostUntied) return {};
  return Untied(std::min(n1, n2), std::max(n1, n2));
}

}  // namespace tare::stat
