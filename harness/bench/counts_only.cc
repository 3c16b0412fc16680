// SPDX-License-Identifier: Apache-2.0
// Runs single rows through Google Benchmark over given numbers of iterations and compares the
// totals.
#include "bench/counts_only.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>

#include "bench/go_text.h"
#include "bench/left_behind.h"
#include "bench/output.h"
#include "bench/site_lines.h"
#include "bench/window.h"
#include "count/peak.h"
#include "result/result.h"
#include "result/write_text.h"
#include "tare/sites.h"

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

// What is kept of a run. Holds no memory of its own unless the run was skipped: what a run leaves
// alive is read while this is.
struct Counted {
  int64_t iterations = 0;
  std::string skipped_because;  // empty: it was not
  bool skipped = false;
  std::string_view why_not_counted;                          // empty: it was counted
  std::array<double, std::size(kMeteredCounters)> per_op{};  // of the counters that it Has
  bool splits = false;  // those that split allocations are among them
  Holdings left;
  int64_t peak = 0;  // bytes, where that is tracked

  bool Has(const MeteredCounter& counter) const {
    return counter.why_not().empty() && (splits || !counter.splits);
  }
};

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

// Google Benchmark's loop, once: set-up, `iterations` in each thread, tear-down. `watch`, if not
// null, sees what is left behind.
Counted RunOnce(const Row& row, int64_t iterations, HeldWatch* watch = nullptr) {
  Counted counted;
  const Holdings before = Holdings::Now();
  if (watch != nullptr) watch->Start();
  {
    const OnlyInstance only(*row.family->benchmark, row.instance, kCountedName, iterations);
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector, std::string("^") + kCountedName + "(/|$)");
    if (collector.runs().size() != 1) {
      std::fprintf(stderr, "tare: %s: one run expected of Google Benchmark, %zu reported\n",
                   row.name.c_str(), collector.runs().size());
      std::abort();
    }
    const Run& run = collector.runs().front();
    counted.iterations = run.iterations;
    if (std::optional<std::string> why = WhySkipped(run)) {
      counted.skipped = true;
      counted.skipped_because = *std::move(why);
    } else if (counted.why_not_counted = WhyNotCounted(run); counted.why_not_counted.empty()) {
      counted.splits = Splits(run);
      for (size_t i = 0; i < counted.per_op.size(); ++i) {
        const MeteredCounter& counter = kMeteredCounters[i];
        if (counted.Has(counter)) counted.per_op[i] = run.counters.at(counter.unit).value;
      }
    }
  }
  if (watch != nullptr) HeldWatch::Stop();
  counted.left = Holdings::Now() - before;
  counted.peak = PeakOfLastRun();
  return counted;
}

// The number of iterations for a row that takes `per_iteration`.
int64_t FittingIterations(std::chrono::nanoseconds per_iteration) {
  for (const int64_t n : {kManyIterations, kSomeIterations}) {
    if (per_iteration * n <= kLongest) return n;
  }
  return kFewIterations;
}

// Another process may take the CPU away for some milliseconds, or for most of the time. So what is
// looked at is the shortest of many single iterations: only one of them need go undisturbed. (The
// mean of 8 is disturbed if one of them is, and the shortest of five such means was, under load.)
constexpr int kTrials = 40;
constexpr int kLeastTrials = 5;  // also of a row that takes long

// Finds how many iterations are this row's. Returns the run that was skipped, if one was.
std::optional<Counted> ChooseIterations(const Row& row, int64_t* iterations) {
  // The first iteration pays for everything that happens once.
  if (Counted run = RunOnce(row, 1); run.skipped) return run;
  std::chrono::nanoseconds shortest = std::chrono::nanoseconds::max(), sum{};
  *iterations = kFewIterations;
  for (int i = 0;
       i < kTrials && *iterations != kManyIterations && (i < kLeastTrials || sum < kLongest); ++i) {
    if (Counted run = RunOnce(row, 1); run.skipped) return run;
    const std::chrono::nanoseconds time = Window::LastDuration();
    sum += time;
    shortest = std::min(shortest, time);
    *iterations = FittingIterations(shortest);
  }
  return std::nullopt;
}

// Runs the row until it is warm and finds its number of iterations, in each thread, unless
// `asked_for` says it. Returns the run that was skipped, if one was.
std::optional<Counted> WarmUp(const Row& row, int64_t asked_for, int64_t* iterations) {
  *iterations = asked_for;
  if (*iterations == 0) *iterations = row.family->counted_iterations;
  if (*iterations == 0) *iterations = IterationsOf(*row.family->benchmark);
  if (*iterations == 0) {
    if (std::optional<Counted> skipped = ChooseIterations(row, iterations)) return skipped;
  }
  if (Counted run = RunOnce(row, *iterations); run.skipped) return run;
  return std::nullopt;
}

struct ExactTotal {
  const char* unit;
  int64_t total;
  bool operator==(const ExactTotal&) const = default;
};

// The totals that Google Benchmark divided. Only exact counters, in the order of kMeteredCounters.
std::vector<ExactTotal> TotalsOf(const Counted& run) {
  std::vector<ExactTotal> totals;
  for (size_t i = 0; i < run.per_op.size(); ++i) {
    const MeteredCounter& counter = kMeteredCounters[i];
    if (!counter.exact || !run.Has(counter)) continue;
    totals.push_back({counter.unit, result::IntegerTotal(run.per_op[i], run.iterations).value()});
  }
  return totals;
}

result::Row CountedRow(const std::string& name, const Counted& run) {
  result::Row row{name, run.iterations, {}};
  for (size_t i = 0; i < run.per_op.size(); ++i) {
    if (!run.Has(kMeteredCounters[i])) continue;
    row.values.push_back({run.per_op[i], kMeteredCounters[i].unit});
  }
  if (WhyNoDescriptors().empty()) {
    row.values.push_back({static_cast<double>(run.left.descriptors), kDescriptorsLeft});
  }
  if (WhyNoBytes().empty()) {
    row.values.push_back({static_cast<double>(run.left.bytes), kBytesLeft});
  }
  if (count::PeakIsOn()) row.values.push_back({static_cast<double>(run.peak), kPeakBytes});
  return row;
}

std::string Difference(const Counted& first, const Counted& second) {
  const std::vector<ExactTotal> before = TotalsOf(first), after = TotalsOf(second);
  std::string text;
  for (size_t i = 0; i < before.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::string(before[i].unit) + " " + std::to_string(before[i].total) + "/" +
            std::to_string(first.iterations) + " then " + std::to_string(after[i].total) + "/" +
            std::to_string(second.iterations);
  }
  // The others too, for a budget that allows a range has no other figures of such a row.
  const auto add = [&](std::string_view unit, const std::string& was, const std::string& is) {
    text += ", " + std::string(unit) + " " + was + " then " + is;
  };
  for (size_t i = 0; i < first.per_op.size(); ++i) {
    const MeteredCounter& counter = kMeteredCounters[i];
    if (counter.exact || !first.Has(counter)) continue;
    const auto total = [&](const Counted& run) {
      return std::to_string(result::IntegerTotal(run.per_op[i], run.iterations).value_or(0)) + "/" +
             std::to_string(run.iterations);
    };
    add(counter.unit, total(first), total(second));
  }
  if (WhyNoDescriptors().empty()) {
    add(kDescriptorsLeft, std::to_string(first.left.descriptors),
        std::to_string(second.left.descriptors));
  }
  if (WhyNoBytes().empty()) {
    add(kBytesLeft, std::to_string(first.left.bytes), std::to_string(second.left.bytes));
  }
  if (count::PeakIsOn()) {
    add(kPeakBytes, std::to_string(first.peak), std::to_string(second.peak));
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

bool HasCounts(const Counted& run) {
  return !run.skipped && run.why_not_counted.empty();
}

// Says why `run` has none. Returns whether that is an error.
bool AppendNoCounts(const Row& row, const Counted& run, std::string* out) {
  if (run.skipped) return AppendSkipped(row.name, run.skipped_because, out);
  AppendOutcome("error", row.name, run.why_not_counted, out);
  return true;
}

// Appends the line of a row, and before it what the head leaves unsaid of its units.
void AppendCounted(const std::string& name, const Counted& run, SplitUnits* units,
                   std::string* out) {
  if (run.splits) units->Announce(out);
  result::AppendRow(CountedRow(name, run), out);
}

// Counts once more with each of `plants`. Returns the run that has no counts, if one has none.
std::optional<Counted> CountPlanted(const Row& row, int64_t iterations,
                                    const std::vector<Plant>& plants, std::string* out) {
  for (const Plant plant : plants) {
    SetPlant(plant);
    Counted run = RunOnce(row, iterations);
    SetPlant(Plant::kNone);
    if (!HasCounts(run)) return run;
    std::string line;
    result::AppendRow(CountedRow(row.name, run), &line);
    line.pop_back();  // its end
    AppendOutcome("planted " + std::string(NameOf(plant)), row.name, line, out);
  }
  return std::nullopt;
}

// What a recorded run is held against: its sites add up to this.
CountedTotals SumsOf(const Counted& run) {
  CountedTotals sums{run.iterations, 0, 0};
  for (const ExactTotal& exact : TotalsOf(run)) {
    if (exact.unit == std::string_view("allocs/op")) sums.allocs = exact.total;
    if (exact.unit == std::string_view("B/op")) sums.bytes = exact.total;
  }
  return sums;
}

// A row whose counts differed is run until they differ again, so that the stacks tell which.
constexpr int kMostRecordedRuns = 16;

// Counts once more, with sites; of a row that is not stable, the first run and the first that
// differs from it. Returns the run that has no counts, if one has none.
std::optional<Counted> CountSites(const Row& row, int64_t iterations, bool stable,
                                  std::string* out) {
  std::optional<std::vector<ExactTotal>> first;
  for (int i = 0; i < (stable ? 1 : kMostRecordedRuns); ++i) {
    ClearSites();
    RecordSites(true);
    Counted run = RunOnce(row, iterations);
    RecordSites(false);
    if (!HasCounts(run)) return run;
    if (!first.has_value()) {
      first = TotalsOf(run);
      AppendSites(row.name, 1, SumsOf(run), out);
    } else if (*first != TotalsOf(run)) {
      AppendSites(row.name, 2, SumsOf(run), out);
      break;
    }
  }
  return std::nullopt;
}

// Runs once more to see who holds what `counted` left behind, if it did. Returns the run that has
// no counts, if it has none.
std::optional<Counted> FindHolders(const Row& row, int64_t iterations, const Counted& counted,
                                   std::string* out) {
  if (counted.left.bytes <= 0 && counted.left.descriptors <= 0) return std::nullopt;
  HeldWatch watch;
  Counted run = RunOnce(row, iterations, &watch);
  if (!HasCounts(run)) return run;
  watch.Append(row.name, counted.left, out);
  ClearSites();
  return std::nullopt;
}

// `announced`: the counters of which the head says that they apply. One may have failed since.
// Returns whether the row ended in an error.
bool CountRow(const Row& row, const Flags& flags, const Counters& announced, SplitUnits* units,
              std::string* out) {
  if (!row.family->absent.empty()) {
    AppendOutcome("absent", row.name, row.family->absent, out);
    return false;
  }
  if (flags.counted_iterations % row.instance.threads != 0) {
    AppendOutcome("error", row.name,
                  "its " + std::to_string(row.instance.threads) + " threads cannot share " +
                      std::to_string(flags.counted_iterations) + " iterations evenly",
                  out);
    return true;
  }
  int64_t iterations = 0;  // in each thread
  if (const std::optional<Counted> skipped =
          WarmUp(row, flags.counted_iterations / row.instance.threads, &iterations)) {
    return AppendSkipped(row.name, skipped->skipped_because, out);
  }
  const Counted first = RunOnce(row, iterations);
  if (!HasCounts(first)) return AppendNoCounts(row, first, out);
  const Counted second = RunOnce(row, iterations);
  if (!HasCounts(second)) return AppendNoCounts(row, second, out);
  const bool stable = first.iterations == second.iterations && TotalsOf(first) == TotalsOf(second);
  if (stable) {
    AppendCounted(row.name, second, units, out);
  } else {
    AppendOutcome("unstable", row.name, Difference(first, second), out);
  }
  if (const auto none = CountPlanted(row, iterations, flags.plants, out)) {
    return AppendNoCounts(row, *none, out);
  }
  if (flags.sites && WhyNoSites().empty()) {
    if (const auto none = CountSites(row, iterations, stable, out)) {
      return AppendNoCounts(row, *none, out);
    }
    if (const auto none = FindHolders(row, iterations, second, out)) {
      return AppendNoCounts(row, *none, out);
    }
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

bool CountRows(const std::vector<Row>& rows, const Flags& flags) {
  std::string out;
  const Counters announced = ApplicableCounters();
  const bool has_peak = flags.peak && count::StartPeak();
  AppendHead(Measures::kCountsOnly, &out);
  if (flags.peak && !has_peak) {
    result::AppendComment(
        std::string("not applicable: ") + kPeakBytes + ": " + std::string(count::WhyNoPeak()),
        &out);
  }
  if (flags.sites) {
    if (WhyNoSites().empty()) {
      AppendModules(&out);
    } else {
      result::AppendComment("not applicable: sites: " + std::string(WhyNoSites()), &out);
    }
  }
  WriteResults(out);
  const std::string_view nothing = WhyNothingIsCounted();
  bool has_error = false;
  SplitUnits units;
  for (const Row& row : rows) {
    out.clear();
    if (nothing.empty()) {
      has_error |= CountRow(row, flags, announced, &units, &out);
    } else {
      AppendOutcome("absent", row.name, nothing, &out);
    }
    WriteResults(out);
  }
  return has_error;
}

}  // namespace tare::bench
