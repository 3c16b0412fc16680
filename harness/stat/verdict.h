// SPDX-License-Identifier: Apache-2.0
// What a comparison of times comes to: changed, shown to be the same, or neither.
#pragma once

#include <cstdint>
#include <optional>

#include "stat/median.h"

namespace tare::stat {

enum class Verdict : uint8_t {
  kChanged,     // the corrected p is at most alpha
  kSame,        // equivalence is shown: the interval of the ratio lies within the margin
  kCannotTell,  // neither
};

// How far a ratio's interval reaches from 1, as a fraction: [0.99, 1.03] gives 0.03. Two one-sided
// tests at level alpha show that the ratio lies within it if the interval has confidence
// 1 - 2 alpha.
double EquivalenceBound(const Interval& ratio);

// The smallest change, as a fraction, that these values would have shown: what `interval`, of the
// ratio and at the level at which one comparison alone is called changed, reaches from `estimate`.
// Had the estimate lain that far from 1, the interval would have left it out.
double DetectableChange(double estimate, const Interval& interval);

// `equivalence` is the interval of the ratio at confidence 1 - 2 alpha, nothing where there is
// none.
Verdict Judge(double adjusted_p, double alpha, const std::optional<Interval>& equivalence,
              double margin);

}  // namespace tare::stat
