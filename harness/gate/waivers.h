// SPDX-License-Identifier: Apache-2.0
// Waivers: what they excuse, and what is said of those that expired or excuse nothing.
#pragma once

#include <functional>
#include <string>

#include "gate/budget.h"
#include "gate/verdict.h"

namespace tare::gate {

// Turns the regressions of `verdict` that a waiver of `budgets` excuses into kWaived. A waiver
// whose last day is before `today` excuses nothing; it and one that finds nothing to excuse are
// kCannotJudge. Only those waivers count that `is_asked` accepts; `may_be_idle` are those of
// benchmarks that are not judged now.
void ApplyWaivers(const Budgets& budgets, const std::string& today,
                  const std::function<bool(const Waiver&)>& is_asked,
                  const std::function<bool(const Waiver&)>& may_be_idle, Verdict* verdict);

}  // namespace tare::gate
