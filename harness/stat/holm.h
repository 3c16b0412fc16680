// SPDX-License-Identifier: Apache-2.0
// Many comparisons in one report: p values corrected so that the report as a whole seldom errs.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tare::stat {

// Holm's step-down correction: where each result is at most alpha, the probability that any of the
// comparisons calls a change that is none is at most alpha, however they depend on each other. The
// k-th smallest of m is multiplied by m - k + 1; results do not fall with p, and stay at most 1. In
// the order of `p`.
std::vector<double> HolmAdjusted(std::span<const double> p);

// Tests that cannot come to a small p, whatever they find, need not be corrected for (Tarone,
// 1990). `least` are the smallest p values that the tests can give. The divisor k is the smallest
// number of which at most k tests reach alpha / k: the others may be left out of Holm's correction,
// for none of them can be called. At least 1.
size_t TaroneDivisor(std::span<const double> least, double alpha);

}  // namespace tare::stat
