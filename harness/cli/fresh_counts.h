// SPDX-License-Identifier: Apache-2.0
// Counts taken now, as `tare run --counts-only` takes them, for whoever judges or records them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/bench_program.h"
#include "cli/interrupt.h"
#include "cli/suite_options.h"
#include "gate/evidence.h"

namespace tare::cli {

// What is to be counted: a program and those of its rows.
struct CountedSuite {
  BenchProgram program;
  std::vector<ListedRow> rows;
};

struct SuitesToCount {
  std::vector<CountedSuite> suites;
  std::vector<std::string> elsewhere;  // rows that exist and are not to be counted now
  std::vector<std::string> faults;     // of programs that do not list their rows
};

// Asks the programs for their rows; those that `selects` refuses are not to be counted. An error is
// one of usage; check `interrupt` afterwards.
absl::StatusOr<SuitesToCount> FindSuitesToCount(
    const SuiteOptions& options, const std::function<bool(const ListedRow&)>& selects,
    const Interrupt& interrupt);

struct HowToCount {
  std::map<std::string, int64_t> iterations;  // of rows, by name, that have no number of their own
  std::string plants;                         // faults, as --tare_plant takes them; empty: none
  bool peak = false;                          // the most bytes alive at once too
};

struct FreshCounts {
  std::vector<gate::Evidence> suites;
  // By fault: the same with it planted, of the rows whose counts are stable.
  std::map<std::string, std::vector<gate::Evidence>> planted;
};

// Counts them, a process a row, and says how far it is on standard error. Check `interrupt`
// afterwards.
FreshCounts Count(const std::vector<CountedSuite>& suites, const SuiteOptions& options,
                  const HowToCount& how, const Interrupt& interrupt);

}  // namespace tare::cli
