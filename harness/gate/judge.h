// SPDX-License-Identifier: Apache-2.0
// Holds results against budgets.
#pragma once

#include <string>
#include <vector>

#include "gate/budget.h"
#include "gate/evidence.h"
#include "gate/verdict.h"

namespace tare::gate {

struct JudgeOptions {
  std::string today;          // "2026-11-21": what waivers expire by
  bool allow_absent = false;  // a benchmark that has a budget may be absent here
  // Benchmarks that exist and were not to be judged now: their budgets are not missed.
  std::vector<std::string> elsewhere;
  bool incomplete = false;  // a program failed before it could name its benchmarks
};

// Fails closed. Whatever is named in `evidence` is judged or said not to be: no budget, a budget
// for what is not there, a budget of another machine, an unstable count, a unit that is missing,
// and nothing judged at all are each kCannotJudge with a message of its own.
Verdict Judge(const Budgets& budgets, const std::vector<Evidence>& evidence,
              const JudgeOptions& options);

}  // namespace tare::gate
