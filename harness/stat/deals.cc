// SPDX-License-Identifier: Apache-2.0
// Deals the tie groups out one by one, smallest value first, and counts by U of what was dealt.
#include "stat/deals.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "stat/ascending.h"

namespace tare::stat {

std::vector<TieGroup> GroupsOf(std::span<const double> a, std::span<const double> b) {
  std::vector<std::pair<double, bool>> pooled;
  pooled.reserve(a.size() + b.size());
  for (const double x : a) pooled.emplace_back(x, true);
  for (const double x : b) pooled.emplace_back(x, false);
  std::sort(pooled.begin(), pooled.end(),
            [](const auto& x, const auto& y) { return Ascending(x.first, y.first); });
  std::vector<TieGroup> groups;
  for (size_t i = 0; i < pooled.size(); ++i) {
    if (i == 0 || pooled[i].first != pooled[i - 1].first) groups.emplace_back();
    ++(pooled[i].second ? groups.back().of_a : groups.back().of_b);
  }
  return groups;
}

size_t TwiceU(const std::vector<TieGroup>& groups) {
  size_t u = 0;
  size_t below = 0;
  for (const TieGroup& group : groups) {
    u += group.of_a * (2 * below + group.of_b);
    below += group.of_b;
  }
  return u;
}

double Choose(size_t n, size_t k) {
  double value = 1;
  for (size_t i = 1; i <= k; ++i) {
    value = std::nearbyint(value * static_cast<double>(n - k + i) / static_cast<double>(i));
  }
  return value;
}

std::vector<double> CountDeals(const std::vector<TieGroup>& groups, size_t n1, size_t n2,
                               size_t parts, size_t limit) {
  // In row k the ways by U so far, k members of the first sample dealt; `filled` is where the row's
  // last way may be, plus one.
  const size_t width = limit + 1;
  std::vector<double> ways((n1 + 1) * width);
  std::vector<size_t> filled(n1 + 1);
  ways[0] = 1;
  filled[0] = 1;
  size_t seen = 0;
  for (const TieGroup& group : groups) {
    const size_t t = group.size();
    for (size_t k = std::min(n1, seen + t); k > 0; --k) {
      if (seen + t - k > n2) break;  // more of the second sample than there are, and more below
      // Each member of the first sample that is still to come lies above all of the second so far.
      const size_t to_come = parts * (n1 - k) * (seen + t - k);
      if (to_come > limit) continue;
      for (size_t j = 1; j <= std::min(t, k); ++j) {
        const size_t from = k - j;
        if (from > seen || seen - from > n2 || filled[from] == 0) continue;
        const size_t add = parts == 1 ? j * (seen - from) : j * (2 * (seen - from) + (t - j));
        if (add + to_come > limit) continue;
        const size_t count = std::min(filled[from], width - add - to_come);
        const double weight = Choose(t, j);
        const double* source = ways.data() + from * width;
        double* target = ways.data() + k * width + add;
        for (size_t u = 0; u < count; ++u) target[u] += weight * source[u];
        filled[k] = std::max(filled[k], add + count);
      }
    }
    seen += t;
  }
  return {ways.end() - static_cast<std::ptrdiff_t>(width), ways.end()};
}

}  // namespace tare::stat
