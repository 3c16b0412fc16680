// SPDX-License-Identifier: Apache-2.0
// The median of ratios round by round (not the ratio of medians, which would mix rounds).
#include "stat/paired.h"

#include <vector>

namespace tare::stat {

std::optional<PairedRatio> MedianPairedRatio(std::span<const double> numerator,
                                             std::span<const double> denominator,
                                             double confidence) {
  if (numerator.size() != denominator.size() || numerator.empty()) return std::nullopt;
  std::vector<double> ratios;
  ratios.reserve(numerator.size());
  for (size_t i = 0; i < numerator.size(); ++i) {
    if (!(denominator[i] > 0)) return std::nullopt;
    ratios.push_back(numerator[i] / denominator[i]);
  }
  return PairedRatio{Median(ratios), MedianInterval(ratios, confidence)};
}

}  // namespace tare::stat
