// SPDX-License-Identifier: Apache-2.0
// Ratios of measurements taken in the same round, where the machine's mood divides out.
#pragma once

#include <optional>
#include <span>

#include "stat/median.h"

namespace tare::stat {

struct PairedRatio {
  double median = 0;                 // of numerator[i] / denominator[i]
  std::optional<Interval> interval;  // of that median; nothing where the rounds are too few
};

// The i-th value of both is from round i. Nothing where the lengths differ, there are no rounds, or
// a denominator is 0 or negative: there is no ratio then.
std::optional<PairedRatio> MedianPairedRatio(std::span<const double> numerator,
                                             std::span<const double> denominator,
                                             double confidence);

}  // namespace tare::stat
