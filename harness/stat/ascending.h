// SPDX-License-Identifier: Apache-2.0
// An order of values that holds where some are NaN, for samples that nobody has looked at yet.
#pragma once

#include <cmath>

namespace tare::stat {

// Ascending, every NaN before every number: a strict weak order, as sorting needs, which operator<
// is not once a NaN is among the values.
inline bool Ascending(double a, double b) {
  return a < b || (std::isnan(a) && !std::isnan(b));
}

}  // namespace tare::stat
