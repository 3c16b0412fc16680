// SPDX-License-Identifier: Apache-2.0
// Holds times against those of a base build: only where asked for, by the paired interval.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gate/verdict.h"

namespace tare::gate {

// ns/op of one benchmark, all above 0: the k-th of both were taken in one round, in turn.
struct TimedBenchmark {
  std::string name;
  std::vector<double> base;
  std::vector<double> now;
};

struct TimeRules {
  double min_effect = 0.05;  // a fraction: smaller slowdowns are no regression, however certain
  double alpha = 0.05;       // how often a report of no changes may call one
};

// The least number of rounds, and at least 9, with which `benchmarks` can be judged together: so
// many that the smallest p that they can give survives Holm's correction.
int RoundsToJudge(size_t benchmarks, const TimeRules& rules);

// Adds to `verdict` what it finds of each benchmark, and how it was judged. A regression is a
// slower benchmark whose interval of the ratio, at 1 - alpha, lies above 1 + min_effect as a whole,
// and whose p, corrected by Holm, is at most alpha. A faster one passes. Rounds that are not pairs,
// or too few to show anything, are kCannotJudge, and so is an empty list.
void JudgeTimes(const std::vector<TimedBenchmark>& benchmarks, const std::string& base,
                const TimeRules& rules, Verdict* verdict);

}  // namespace tare::gate
