// SPDX-License-Identifier: Apache-2.0
// Holm (1979): a running maximum over the sorted, multiplied p values.
#include "stat/holm.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace tare::stat {

std::vector<double> HolmAdjusted(std::span<const double> p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double running = 0;
  for (size_t k = 0; k < order.size(); ++k) {
    running = std::max(running, p[order[k]] * static_cast<double>(p.size() - k));
    adjusted[order[k]] = std::min(1.0, running);
  }
  return adjusted;
}

size_t TaroneDivisor(std::span<const double> least, double alpha) {
  std::vector<double> sorted(least.begin(), least.end());
  std::sort(sorted.begin(), sorted.end());
  for (size_t k = 1;; ++k) {
    const auto end = std::upper_bound(sorted.begin(), sorted.end(), alpha / static_cast<double>(k));
    if (static_cast<size_t>(end - sorted.begin()) <= k) return k;
  }
}

}  // namespace tare::stat
