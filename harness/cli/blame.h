// SPDX-License-Identifier: Apache-2.0
// The guilty line: runs what failed once more, and puts into the verdict from where it allocates.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/fresh_counts.h"
#include "cli/interrupt.h"
#include "cli/suite_options.h"
#include "gate/budget.h"
#include "gate/evidence.h"
#include "gate/verdict.h"

namespace tare::cli {

// The file of recorded sites that belongs to a file of budgets: sites.txt beside it.
std::string SiteRecordBeside(const std::string& budgets_file);

// Of the first ten benchmarks that allocate more than they may, or not the same twice. `how` is how
// they were counted. Check `interrupt` afterwards.
void AddSites(const SuitesToCount& suites, const FreshCounts& counts, const HowToCount& how,
              const SuiteOptions& options, const Interrupt& interrupt, gate::Verdict* verdict);

// What the file `sites_file` is to hold: beside what it has, the sites of each benchmark of which
// the budget was counted now and allocates something. Those whose sites are known are not run.
// Empty: there is nothing to record, or no sites can be had here, which is said. Errors: the file
// is damaged, or a program died, hung or printed rubbish. Check `interrupt` afterwards.
absl::StatusOr<std::string> RecordSites(const SuitesToCount& suites,
                                        const std::vector<gate::Evidence>& evidence,
                                        const gate::Budgets& budgets, const std::string& sites_file,
                                        const SuiteOptions& options, const Interrupt& interrupt);

}  // namespace tare::cli
