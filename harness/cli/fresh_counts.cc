// SPDX-License-Identifier: Apache-2.0
// Lists, measures and converts, by the code of `tare run`.
#include "cli/fresh_counts.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "cli/measurement.h"
#include "cli/placement.h"
#include "cli/progress.h"
#include "cli/suite_results.h"
#include "cli/terminal.h"

namespace tare::cli {
namespace {

// The rows that were counted with `plant` as well, with what was counted then.
SuiteRecord WithPlant(const SuiteRecord& record, absl::string_view plant) {
  SuiteRecord planted = record;
  planted.rows.clear();
  for (const RowRecord& row : record.rows) {
    for (const auto& [kind, counts] : row.planted) {
      if (kind != plant) continue;
      planted.rows.push_back(row);
      planted.rows.back().counts = counts;
      planted.rows.back().unstable.clear();  // one run has nothing to differ from
    }
  }
  return planted;
}

gate::Evidence EvidenceOf(const SuiteRecord& record, const Plan& plan) {
  result::ReadOutcome outcome;
  outcome.file = SuiteResults(record, plan, {"", ""});
  gate::Evidence evidence = gate::EvidenceOf(outcome, record.program.suite);
  evidence.fresh = true;
  return evidence;
}

}  // namespace

absl::StatusOr<SuitesToCount> FindSuitesToCount(
    const SuiteOptions& options, const std::function<bool(const ListedRow&)>& selects,
    const Interrupt& interrupt) {
  const auto selected = options.Programs();
  if (!selected.ok()) return selected.status();
  SuitesToCount found;
  for (const BenchProgram& program : *selected) {
    auto rows = ListRows(program, options.Timeout(), &interrupt);
    if (interrupt.signal() != 0) return found;
    if (!rows.ok()) {
      found.faults.emplace_back(rows.status().message());
      continue;
    }
    std::erase_if(*rows, [&](const ListedRow& row) {
      if (selects(row)) return false;
      found.elsewhere.push_back(row.name);
      return true;
    });
    if (!rows->empty()) found.suites.push_back({program, *std::move(rows)});
  }
  if (options.suites.empty()) return found;
  SuiteOptions all = options;
  all.suites.clear();
  const auto programs = all.Programs();
  if (!programs.ok()) return found;
  for (const BenchProgram& program : *programs) {
    if (std::any_of(selected->begin(), selected->end(),
                    [&](const BenchProgram& s) { return s.path == program.path; })) {
      continue;
    }
    // One that is broken has no say here.
    const auto rows = ListRows(program, options.Timeout(), &interrupt);
    if (!rows.ok()) continue;
    for (const ListedRow& row : *rows) found.elsewhere.push_back(row.name);
  }
  return found;
}

FreshCounts Count(const std::vector<CountedSuite>& suites, const SuiteOptions& options,
                  const HowToCount& how, const Interrupt& interrupt) {
  Plan plan;
  plan.rounds = 0;
  plan.timeout = options.Timeout();
  plan.place = PlacementByName();
  plan.iterations = how.iterations;
  plan.plants = how.plants;
  plan.peak = how.peak;
  int steps = 0;
  for (const CountedSuite& suite : suites) steps += PresentRows(suite.rows);
  Progress progress(steps, MayRewriteLines(STDERR_FILENO));
  FreshCounts counts;
  for (const CountedSuite& suite : suites) {
    const SuiteRecord record = Measure(suite.program, suite.rows, plan, &interrupt, &progress);
    if (interrupt.signal() != 0) break;
    counts.suites.push_back(EvidenceOf(record, plan));
    for (const absl::string_view plant : absl::StrSplit(how.plants, ',', absl::SkipEmpty())) {
      counts.planted[std::string(plant)].push_back(EvidenceOf(WithPlant(record, plant), plan));
    }
  }
  progress.Say("");
  return counts;
}

}  // namespace tare::cli
