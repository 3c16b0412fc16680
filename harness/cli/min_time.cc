// SPDX-License-Identifier: Apache-2.0
// The budget divided by the processes, less what a process takes beside its timed loop.
#include "cli/min_time.h"

#include <algorithm>
#include <cmath>

namespace tare::cli {
namespace {

// Google Benchmark finds its iteration count by runs that grow up to tenfold and ends with one
// of 1.4 times what was asked for: about twice in all.
constexpr double kRunsPerMinTime = 2;
// For the counting pass and the moods of the machine.
constexpr double kShareUsed = 0.8;

}  // namespace

double MinTimeFor(double budget_seconds, int rows, int rounds, double overhead_seconds) {
  const double processes = static_cast<double>(std::max(rows, 1)) * (rounds + 1);
  const double each =
      (budget_seconds * kShareUsed / processes - overhead_seconds) / kRunsPerMinTime;
  const double clamped = std::clamp(each, 0.01, 0.5);
  const double digit = std::pow(10, std::floor(std::log10(clamped)) - 1);
  // Divided, not multiplied: 87 / 1000 is the double that prints as 0.087.
  return std::floor(clamped / digit + 1e-9) / std::round(1 / digit);
}

}  // namespace tare::cli
