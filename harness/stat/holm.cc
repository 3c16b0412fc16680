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

}  // namespace tare::stat
