// SPDX-License-Identifier: Apache-2.0
// A change that is shown comes before an equivalence that is shown: both can hold of a small one.
#include "stat/verdict.h"

#include <algorithm>

namespace tare::stat {

double EquivalenceBound(const Interval& ratio) {
  return std::max({ratio.high - 1, 1 - ratio.low, 0.0});
}

double DetectableChange(double estimate, const Interval& interval) {
  return std::max(estimate / interval.low, interval.high / estimate) - 1;
}

Verdict Judge(double adjusted_p, double alpha, const std::optional<Interval>& equivalence,
              double margin) {
  if (adjusted_p <= alpha) return Verdict::kChanged;
  if (equivalence.has_value() && EquivalenceBound(*equivalence) <= margin) return Verdict::kSame;
  return Verdict::kCannotTell;
}

}  // namespace tare::stat
