// SPDX-License-Identifier: Apache-2.0
// The assumption "exact": every repetition gives the same value, so two counts compare as numbers.
#pragma once

#include <span>

#include "stat/median.h"
#include "stat/warning.h"

namespace tare::stat {

struct ExactValue {
  double value = 0;                  // the most frequent one, the smallest of several
  Interval range;                    // smallest and largest
  Warning warning = Warning::kNone;  // kUnstable where the values are not one
};

// The sample is not empty. A NaN is a value that equals no other.
ExactValue SummarizeExact(std::span<const double> sample);

}  // namespace tare::stat
