// SPDX-License-Identifier: Apache-2.0
// Waivers: what they excuse, and what is said of those that expired or excuse nothing.
#pragma once

#include <functional>
#include <string>

#include "gate/budget.h"
#include "gate/verdict.h"

namespace tare::gate {

// Turns the regressions of `verdict` that a waiver of `budgets` excuses into kWaived. A waiver
// whose last day is before `today` excuses nothing, and is kCannotJudge. So is one whose metric was
// judged and has nothing to excuse, and one that names no benchmark at all, unless it
// `may_be_idle`; but not one of a benchmark that is absent here, and not one of a time, which the
// next base build has in itself, and which may lie on either side of the limit by chance. Only
// those waivers count that `is_asked` accepts.
void ApplyWaivers(const Budgets& budgets, const std::string& today,
                  const std::function<bool(const Waiver&)>& is_asked,
                  const std::function<bool(const Waiver&)>& may_be_idle, Verdict* verdict);

}  // namespace tare::gate
