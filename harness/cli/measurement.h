// SPDX-License-Identifier: Apache-2.0
// The measurement of one suite: a pass of counts, then interleaved rounds of fresh processes.
#pragma once

#include <array>
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
#include "cli/placement.h"
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
  Placement place;
  // All rows that run on the same CPUs share one process a round, and one for their counts: for a
  // program that takes long to start. Otherwise each row has its own.
  bool whole_rounds = false;
  // Of several repetitions in a process only the median one is kept: rounds that are to be pairs
  // must be independent of each other.
  bool one_value_a_round = false;
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
  // By round: which share of its process's life, 0 to 1, the main thread was ready to run and had
  // no CPU. Empty where the kernel does not tell.
  std::vector<double> waited;
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
  // What else the machine did meanwhile, in words (machine_load.h); and the share of CPU time, 0 to
  // 1, that a hypervisor took.
  std::string load;
  double stolen = 0;
  // Where it was measured in turn with another build: what both files say of it, the same in both.
  std::string in_turn;

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

// Two builds of one program. `rows` are those of both, under the same names in the same order; what
// one of them does not have is absent there.
struct Build {
  std::string label;  // "base", "now": messages begin with it
  BenchProgram program;
  std::vector<ListedRow> rows;
};
using Builds = std::array<Build, 2>;

// The rows of two builds put side by side: first those of `now`, then what only `base` has. A row
// that cannot run in one of them is absent in both, with the reason.
Builds SideBySide(const BenchProgram& base, const std::vector<ListedRow>& base_rows,
                  const BenchProgram& now, const std::vector<ListedRow>& now_rows);

// Which of two builds has this turn, 0 or 1, of round `round` (from 0): the first one changes every
// second round, so that whatever a process leaves behind for the next favours nobody. Not every
// round: rows run backwards every second one, and either build must come first both ways, for the
// first of a row comes after another row on one way than on the other.
size_t BuildOfTurn(size_t turn, int round);

// Measures both as Measure does, in one run: in every round each process of one build is followed
// directly by the same of the other. A row that fails or is absent in one of them is not measured
// again in the other: the rounds of both are pairs.
std::array<SuiteRecord, 2> MeasureInTurn(const Builds& builds, const Plan& plan,
                                         const Interrupt* interrupt, Progress* progress);

// What is to be said of the machine where it disturbed the times; "" where it did not: that more
// than a tenth of a row's time went by ready to run and without a CPU (the median of its rounds),
// or that 2 % of the CPU time was stolen. Whole lines.
std::string Disturbances(const SuiteRecord& suite);

}  // namespace tare::cli
