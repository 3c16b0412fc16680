// SPDX-License-Identifier: Apache-2.0
// The gate's proof that it can fail: faults are planted in every benchmark, and must be caught.
#pragma once

#include <string>

#include "cli/fresh_counts.h"
#include "gate/budget.h"
#include "gate/judge.h"
#include "gate/verdict.h"

namespace tare::cli {

// The faults that the self-test of these budgets wants to be planted.
std::string SelfTestPlants(const gate::Budgets& budgets);

// Holds what was counted with each fault against `budgets`, by the rules that `clean` was judged
// by. A fault is caught where the gate calls it a regression, and the metric costs more than
// without it. A gate is put to the test where it has passed the benchmark: one that fails anyway
// needs no proof. 16 bytes more are looked for only where there are bytes.
gate::SelfTest SelfTestOf(const FreshCounts& counts, const gate::Verdict& clean,
                          const gate::Budgets& budgets, const gate::JudgeOptions& options);

}  // namespace tare::cli
