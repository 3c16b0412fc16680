// SPDX-License-Identifier: Apache-2.0
// Times of two builds taken in turn, for the gate: round by round, a process a row and build.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/bench_program.h"
#include "cli/fresh_counts.h"
#include "cli/interrupt.h"
#include "cli/placement.h"
#include "cli/suite_options.h"
#include "gate/judge_times.h"
#include "gate/verdict.h"

namespace tare::cli {

struct HowToTime {
  std::string base;  // a directory of bench programs, or a program where there is one to judge
  int rounds = 0;    // 0: as many as are needed to judge, and at least 9
  double min_time_seconds = 0;  // of a process; 0: so that all of it keeps to `budget_seconds`
  double budget_seconds = 0;
  Placement place = PlacementByName();
  bool may_be_absent = false;  // what one of the builds has, and the other does not have or run
  std::function<bool(const ListedRow&)> selects;  // which rows are to be judged
  std::string keep;  // a directory for what was measured; empty: it is not kept
  gate::TimeRules rules;
};

struct PairedTimes {
  std::vector<gate::TimedBenchmark> benchmarks;
  // Of what could not be timed, or only in one of the builds, or not be kept.
  std::vector<gate::Finding> findings;
};

// The programs of the base build, each with the one of `suites` that it is the base of; those
// without one are left out. An error is one of usage: a base that is not there, that holds none of
// them or something else under such a name, or that is the build itself; `flag` has named it.
absl::StatusOr<std::vector<std::pair<BenchProgram, const CountedSuite*>>> FindBases(
    const std::vector<CountedSuite>& suites, const std::string& base,
    const std::string& flag = "--times");

// Makes the directories of `how.keep`, before anything is measured. An error is one of usage.
absl::Status PrepareToKeep(const HowToTime& how);

// Times those rows of `suites` that both builds have. In every round each row is run in both
// builds, one directly after the other, the base first in two rounds of four; rows run backwards in
// every second round too, so that drift of the machine favours nobody. Of several repetitions in a
// process the median one counts. Check `interrupt` afterwards. Errors are those of FindBases.
absl::StatusOr<PairedTimes> TakePairedTimes(const SuitesToCount& suites,
                                            const SuiteOptions& options, const HowToTime& how,
                                            const Interrupt& interrupt);

}  // namespace tare::cli
