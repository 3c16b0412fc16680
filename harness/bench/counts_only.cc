// SPDX-License-Identifier: Apache-2.0
// Runs single rows through Google Benchmark over given numbers of iterations and compares the
// totals.
#include "bench/counts_only.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "bench/go_text.h"
#include "bench/output.h"
#include "bench/window.h"
#include "result/result.h"
#include "result/write_text.h"

namespace tare::bench {
namespace {

using Run = benchmark::BenchmarkReporter::Run;

// The choice is coarse so that it falls the same way on every run of a row: counts over different
// numbers of iterations are not equal where something is allocated once.
constexpr int64_t kManyIterations = 1000;
constexpr int64_t kSomeIterations = 100;
constexpr int64_t kFewIterations = 8;
constexpr std::chrono::nanoseconds kLongest = std::chrono::milliseconds(100);

// Under this name, and no other, the row to be counted is selected.
constexpr char kCountedName[] = "tare:counted-row";

class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    runs_.insert(runs_.end(), runs.begin(), runs.end());
  }
  const std::vector<Run>& runs() const { return runs_; }

 private:
  std::vector<Run> runs_;
};

// Google Benchmark's loop, once: set-up, `iterations` in each thread, tear-down.
Run RunOnce(const Row& row, int64_t iterations) {
  const OnlyInstance only(*row.family->benchmark, row.instance, kCountedName, iterations);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector, std::string("^") + kCountedName + "(/|$)");
  if (collector.runs().size() != 1) {
    std::fprintf(stderr, "tare: %s: one run expected of Google Benchmark, %zu reported\n",
                 row.name.c_str(), collector.runs().size());
    std::abort();
  }
  return collector.runs().front();
}

// The number of iterations for a row that takes `per_iteration`.
int64_t FittingIterations(std::chrono::nanoseconds per_iteration) {
  for (const int64_t n : {kManyIterations, kSomeIterations}) {
    if (per_iteration * n <= kLongest) return n;
  }
  return kFewIterations;
}

// Another process may take the CPU away for some milliseconds: a short trial is repeated, and its
// shortest time counts, so that the choice does not depend on it.
constexpr int kTrials = 5;
constexpr std::chrono::nanoseconds kShortTrial = std::chrono::milliseconds(10);

// Finds how many iterations are this row's. Returns the run that was skipped, if one was.
std::optional<Run> ChooseIterations(const Row& row, int64_t* iterations) {
  // The first iteration pays for everything that happens once.
  if (Run run = RunOnce(row, 1); run.error_occurred) return run;
  auto shortest = std::chrono::nanoseconds::max();
  *iterations = kFewIterations;
  for (int i = 0;
       i < kTrials && *iterations != kManyIterations && (i == 0 || shortest < kShortTrial); ++i) {
    if (Run run = RunOnce(row, kFewIterations); run.error_occurred) return run;
    // This thread runs the benchmark's thread 0: its window has the time, pauses included.
    shortest = std::min(shortest, Window::OfThisThread().duration());
    *iterations = FittingIterations(shortest / kFewIterations);
  }
  return std::nullopt;
}

// Runs the row until it is warm and finds its number of iterations. Returns the run that was
// skipped, if one was.
std::optional<Run> WarmUp(const Row& row, int64_t* iterations) {
  *iterations = row.family->counted_iterations;
  if (*iterations == 0) *iterations = IterationsOf(*row.family->benchmark);
  if (*iterations == 0) {
    std::optional<Run> skipped = ChooseIterations(row, iterations);
    if (skipped || *iterations == kFewIterations) return skipped;  // the trials have warmed it
  }
  if (Run run = RunOnce(row, *iterations); run.error_occurred) return run;
  return std::nullopt;
}

struct ExactTotal {
  const char* unit;
  int64_t total;
  bool operator==(const ExactTotal&) const = default;
};

// The totals that Google Benchmark divided. Only exact counters, in the order of kMeteredCounters.
std::vector<ExactTotal> TotalsOf(const Run& run) {
  std::vector<ExactTotal> totals;
  for (const MeteredCounter& counter : kMeteredCounters) {
    if (!counter.exact || !counter.why_not().empty()) continue;
    totals.push_back(
        {counter.unit,
         result::IntegerTotal(run.counters.at(counter.unit).value, run.iterations).value()});
  }
  return totals;
}

result::Row CountedRow(const std::string& name, const Run& run) {
  result::Row row{name, run.iterations, {}};
  for (const MeteredCounter& counter : kMeteredCounters) {
    if (!counter.why_not().empty()) continue;
    row.values.push_back({run.counters.at(counter.unit).value, counter.unit});
  }
  return row;
}

std::string Difference(const Run& first, const Run& second) {
  const std::vector<ExactTotal> before = TotalsOf(first), after = TotalsOf(second);
  std::string text;
  for (size_t i = 0; i < before.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::string(before[i].unit) + " " + std::to_string(before[i].total) + "/" +
            std::to_string(first.iterations) + " then " + std::to_string(after[i].total) + "/" +
            std::to_string(second.iterations);
  }
  return text;
}

using Counters = std::vector<const MeteredCounter*>;

Counters ApplicableCounters() {
  Counters counters;
  for (const MeteredCounter& counter : kMeteredCounters) {
    if (counter.why_not().empty()) counters.push_back(&counter);
  }
  return counters;
}

// `announced`: the counters of which the head says that they apply. One may have failed since.
// Returns whether the row ended in an error.
bool CountRow(const Row& row, const Counters& announced, std::string* out) {
  if (!row.family->absent.empty()) {
    AppendOutcome("absent", row.name, row.family->absent, out);
    return false;
  }
  int64_t iterations = 0;
  if (const std::optional<Run> skipped = WarmUp(row, &iterations)) {
    return AppendSkipped(row.name, skipped->error_message, out);
  }
  const Run first = RunOnce(row, iterations);
  const Run second = first.error_occurred ? first : RunOnce(row, iterations);
  if (second.error_occurred) return AppendSkipped(row.name, second.error_message, out);
  for (const Run* run : {&first, &second}) {
    if (const std::string_view why_not = WhyNotCounted(*run); !why_not.empty()) {
      AppendOutcome("error", row.name, why_not, out);
      return true;
    }
  }
  if (first.iterations == second.iterations && TotalsOf(first) == TotalsOf(second)) {
    result::AppendRow(CountedRow(row.name, second), out);
  } else {
    AppendOutcome("unstable", row.name, Difference(first, second), out);
  }
  for (const MeteredCounter* counter : announced) {
    if (const std::string_view why_not = counter->why_not(); !why_not.empty()) {
      AppendOutcome("note", row.name,
                    std::string(counter->unit) + " is not counted: " + std::string(why_not), out);
    }
  }
  return false;
}

}  // namespace

bool CountRows(const std::vector<Row>& rows) {
  std::string out;
  const Counters announced = ApplicableCounters();
  AppendHead(Measures::kCountsOnly, &out);
  WriteResults(out);
  const std::string_view nothing = WhyNothingIsCounted();
  bool has_error = false;
  for (const Row& row : rows) {
    out.clear();
    if (nothing.empty()) {
      has_error |= CountRow(row, announced, &out);
    } else {
      AppendOutcome("absent", row.name, nothing, &out);
    }
    WriteResults(out);
  }
  return has_error;
}

}  // namespace tare::bench
