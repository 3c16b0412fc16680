// SPDX-License-Identifier: Apache-2.0
// The measurement of one suite: a pass of counts, then interleaved rounds of fresh processes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/bench_program.h"
#include "cli/interrupt.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/row_output.h"
#include "result/result.h"

namespace tare::cli {

// How rows are measured; the same for every suite of a run.
struct Plan {
  int rounds = 9;  // 0: counts only
  double min_time_seconds = 0.2;
  std::chrono::milliseconds timeout{60000};  // of one process
  // That may be used, ascending, not empty: rows with threads= get all of them, others the last.
  std::vector<int> cpus;
  // For a gate, in the counting pass: over how many operations a row is counted, by its name, where
  // that is not left to the program; and the faults to be planted (see tare/benchmem.h).
  std::map<std::string, int64_t> iterations;
  std::string plants;
  bool peak = false;  // count the most bytes alive at once as well

  bool CountsOnly() const { return rounds == 0; }
};

// A row and what became of it.
struct RowRecord {
  enum class State { kMeasured, kAbsent, kFailed };

  ListedRow listed;
  State state = State::kMeasured;
  std::string reason;  // why absent; in which round and how it failed
  // What the counting pass gave; nothing where counts are not applicable or all unstable.
  std::optional<result::Row> counts;
  std::string counts_absent;  // why nothing is counted here
  std::string unstable;       // counts that differed between two runs
  std::vector<std::pair<std::string, result::Row>> planted;  // the fault, and the counts with it
  // What the rounds gave, without the units that `counts` has: `repetitions` of each, in order.
  std::vector<result::Row> rounds;
  size_t repetitions = 1;          // in a process: 1 but for a benchmark with Repetitions()
  std::vector<std::string> notes;  // comments of the bench program, each once
};

struct SuiteRecord {
  BenchProgram program;
  std::vector<RowRecord> rows;
  // As the first process that measured gave them; every other one must agree.
  result::Config config;
  result::Units units;
  std::string counts;  // what is counted, such as "malloc+new"; empty if the program does not say
  std::vector<std::string> not_applicable;  // what cannot be counted here: "<unit>: <reason>"
  int rounds_done = 0;
  bool interrupted = false;

  // How many rows are in `state`.
  size_t Count(RowRecord::State state) const;
};

// The first key that `now` has other than `before`, in words; or the empty string.
std::string ConfigDifference(const result::Config& before, const result::Config& now);

// Runs the one process that measures `row` in `pass`, where and as `plan` says.
ProcessEnd RunRowOnce(const BenchProgram& program, const ListedRow& row, Pass pass,
                      const Plan& plan, const Interrupt* interrupt);

// The order in which the `rows` rows of round `round` (from 0) are measured: every second round
// runs backwards (ABBA), so that drift of the machine favours nobody.
std::vector<size_t> RoundOrder(size_t rows, int round);

// How many of `rows` can run here. Measure starts 1 + plan.rounds processes for each.
int PresentRows(const std::vector<ListedRow>& rows);

// Measures `rows` of `program`: one process a row for its counts, then one a row and round for its
// times. Absent rows are kept with their reason. A row that fails once is not measured again and
// loses what was measured before. Failures are said at once through `progress`. Stops early when
// interrupted; what is whole by then is kept.
SuiteRecord Measure(const BenchProgram& program, const std::vector<ListedRow>& rows,
                    const Plan& plan, const Interrupt* interrupt, Progress* progress);

}  // namespace tare::cli
