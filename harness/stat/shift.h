// SPDX-License-Identifier: Apache-2.0
// By how much two samples differ: Hodges-Lehmann estimates with the interval of their rank test.
#pragma once

#include <optional>
#include <span>

#include "stat/median.h"

namespace tare::stat {

struct Shift {
  double estimate = 0;
  // Holds the shift with at least the confidence asked for, if both samples have one shape;
  // nothing where the samples are too few for that confidence. Where values tie, it agrees
  // with the test of these values as they are: if that rejects a shift of 0 at this level, 0 is
  // outside the interval or one of its ends, which then does not belong to it.
  std::optional<Interval> interval;
  bool approximate = false;  // by the normal distribution: the samples are too large to count
};

// How far `b` lies above `a`, two independent samples: the median of all b[j] - a[i]. The interval
// is the set of shifts that RankSumTest would not reject. Neither is empty or holds NaN. Large
// samples cost time, O(n log n), and no more memory than they have.
Shift IndependentShift(std::span<const double> a, std::span<const double> b, double confidence);

// The centre of `differences`, one of each pair: the median of all means of two of them (Walsh
// averages, each with itself too). The interval is that of SignedRankTest. Not empty, no NaN.
Shift PairedShift(std::span<const double> differences, double confidence);

}  // namespace tare::stat
