// SPDX-License-Identifier: Apache-2.0
// Waivers: what they excuse, and what is said of those that expired or excuse nothing.
#pragma once

#include <string>
#include <vector>

#include "gate/budget.h"
#include "gate/verdict.h"

namespace tare::gate {

enum class WaiversOf { kCounts, kTimes };  // times are judged only where that was asked for

// Turns the regressions of `verdict` that a waiver of `budgets` excuses into kWaived. A waiver
// whose last day is before `today` excuses nothing, and is kCannotJudge. So is one that could
// excuse something and has nothing to: its metric was judged, or the benchmark was and has no limit
// for it, or there is no such benchmark, neither here nor `elsewhere` (of what is not judged now).
// Idle may be a waiver of what is absent here, and one of a time, which the next base build has in
// itself, and which may lie on either side of the limit by chance.
void ApplyWaivers(const Budgets& budgets, const std::string& today, WaiversOf which,
                  const std::vector<std::string>& elsewhere, Verdict* verdict);

}  // namespace tare::gate
