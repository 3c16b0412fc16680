// SPDX-License-Identifier: Apache-2.0
// Turns runs of Google Benchmark into lines of Go's benchmark format.
#include "bench/go_text.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

#include "bench/environment.h"
#include "bench/left_behind.h"
#include "bench/rows.h"
#include "count/peak.h"
#include "result/row_names.h"
#include "result/write_text.h"
#include "tare/benchmem.h"
#include "tare/google_benchmark.h"

namespace tare::bench {
namespace {

std::string ProgramName() {
  const char* const path = benchmark::BenchmarkReporter::Context::executable_name;
  return path != nullptr ? std::filesystem::path(path).filename().string() : "unknown";
}

const MeteredCounter* FindMetered(std::string_view unit) {
  const auto* const found = std::find_if(std::begin(kMeteredCounters), std::end(kMeteredCounters),
                                         [&](const MeteredCounter& c) { return c.unit == unit; });
  return found != std::end(kMeteredCounters) ? found : nullptr;
}

// Unit, and why it does not apply.
std::vector<std::pair<std::string_view, std::string_view>> LeftBehind() {
  return {{kDescriptorsLeft, WhyNoDescriptors()}, {kBytesLeft, WhyNoBytes()}};
}

void AppendUnits(Measures measures, std::string* out) {
  result::Units units;
  // A unit is described once here: there is nothing to contradict.
  const auto set = [&](std::string_view unit, std::string_view key, std::string_view value) {
    static_cast<void>(units.Set(unit, key, value));
  };
  if (measures == Measures::kTimesAndCounts) {
    set(result::kNsPerOp, "better", "lower");
    set(result::kCpuNsPerOp, "better", "lower");
  }
  for (const MeteredCounter& counter : kMeteredCounters) {
    if (counter.splits || !counter.why_not().empty()) continue;
    set(counter.unit, "assume", counter.exact ? "exact" : "nothing");
    set(counter.unit, "better", "lower");
  }
  if (measures == Measures::kCountsOnly) {
    // What a run leaves behind is exact where nothing of it depends on scheduling: a sample.
    for (const auto& [unit, why_not] : LeftBehind()) {
      if (!why_not.empty()) continue;
      set(unit, "assume", "nothing");
      set(unit, "better", "lower");
    }
    if (count::PeakIsOn()) {
      set(kPeakBytes, "assume", "nothing");
      set(kPeakBytes, "better", "lower");
    }
  }
  for (const result::Unit& unit : units.all()) result::AppendUnit(unit, out);
}

// What the whole process spent in an operation. Google Benchmark reports the process's time where
// the benchmark asks for it, and that of the benchmark's own threads otherwise.
std::optional<double> CpuSecondsOf(const benchmark::BenchmarkReporter::Run& run) {
  const double reported = run.cpu_accumulated_time / static_cast<double>(run.iterations);
  if (run.run_name.time_type.starts_with("process_time")) return reported;
  const auto others = run.counters.find(kCpuOfOthers);
  if (others == run.counters.end()) return std::nullopt;
  return reported + others->second.value;
}

}  // namespace

void AppendHead(Measures measures, std::string* out) {
  const std::string_view covers = AllocScope::Covers();
  result::AppendComment("tare " TARE_VERSION " · " + ProgramName() + " · counts " +
                            (covers.empty() ? "nothing" : std::string(covers)) +
                            (measures == Measures::kCountsOnly ? " · counts only" : ""),
                        out);
  for (const MeteredCounter& counter : kMeteredCounters) {
    const std::string_view why_not = counter.why_not();
    if (counter.splits || why_not.empty()) continue;
    result::AppendComment(
        "not applicable: " + std::string(counter.unit) + ": " + std::string(why_not), out);
  }
  if (measures == Measures::kCountsOnly) {
    for (const auto& [unit, why_not] : LeftBehind()) {
      if (why_not.empty()) continue;
      result::AppendComment("not applicable: " + std::string(unit) + ": " + std::string(why_not),
                            out);
    }
  }
  for (const auto& [key, value] : Environment()) result::AppendConfig(key, value, out);
  AppendUnits(measures, out);
}

void AppendOutcome(std::string_view kind, std::string_view name, std::string_view text,
                   std::string* out) {
  std::string line = std::string(kind) + " " + std::string(name) + ": " + std::string(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  result::AppendComment(line, out);
}

std::optional<std::string> WhySkipped(const benchmark::BenchmarkReporter::Run& run) {
  using google_benchmark::Skip;
  const Skip skip = google_benchmark::SkipOf(run);
  if (skip == Skip::kNo) return std::nullopt;
  const std::string& message = google_benchmark::SkipMessageOf(run);
  if (skip == Skip::kWithError || message.starts_with(kNotApplicable)) return message;
  return std::string(kNotApplicable) + message;
}

bool AppendSkipped(std::string_view name, std::string_view message, std::string* out) {
  if (message.starts_with(kNotApplicable)) {
    AppendOutcome("absent", name, message.substr(kNotApplicable.size()), out);
    return false;
  }
  AppendOutcome("error", name, message, out);
  return true;
}

void SplitUnits::Announce(std::string* out) {
  if (announced_) return;
  announced_ = true;
  result::Units units;
  for (const MeteredCounter& counter : kMeteredCounters) {
    if (!counter.splits) continue;
    static_cast<void>(units.Set(counter.unit, "assume", "exact"));
    static_cast<void>(units.Set(counter.unit, "better", "lower"));
  }
  for (const result::Unit& unit : units.all()) result::AppendUnit(unit, out);
}

bool Splits(const benchmark::BenchmarkReporter::Run& run) {
  return std::all_of(std::begin(kMeteredCounters), std::end(kMeteredCounters),
                     [&](const MeteredCounter& counter) {
                       return !counter.splits || run.counters.contains(counter.unit);
                     });
}

void AppendTimed(std::string_view name, const benchmark::BenchmarkReporter::Run& run,
                 SplitUnits* units, std::string* out) {
  const auto iterations = static_cast<double>(run.iterations);
  result::Row row{std::string(name), run.iterations, {}};
  std::string notes;
  const auto add = [&](double value, std::string_view unit) {
    if (row.Find(result::OneWord(unit)) != nullptr) {
      AppendOutcome(
          "note", name,
          std::string(unit) + " is a counter that has the name of another value; left out", &notes);
    } else if (std::isfinite(value)) {
      row.values.push_back({value, result::OneWord(unit)});
    } else {
      AppendOutcome("note", name, std::string(unit) + " is not a finite number; left out", &notes);
    }
  };
  add(run.real_accumulated_time * 1e9 / iterations, result::kNsPerOp);
  if (const std::optional<double> cpu = CpuSecondsOf(run)) {
    add(*cpu * 1e9, result::kCpuNsPerOp);
  } else {
    AppendOutcome("note", name,
                  "cpu-ns/op is not known: the benchmark's code is in a shared library, or it "
                  "replaces state.counters after the timed loop",
                  &notes);
  }
  for (const MeteredCounter& counter : kMeteredCounters) {
    const auto found = run.counters.find(counter.unit);
    if (found != run.counters.end()) add(found->second.value, counter.unit);
  }
  for (const auto& [unit, counter] : run.counters) {
    if (FindMetered(unit) == nullptr && unit != kCpuOfOthers) add(counter.value, unit);
  }
  if (Splits(run)) units->Announce(out);
  if (!row.values.empty()) result::AppendRow(row, out);
  out->append(notes);
  if (!run.report_label.empty()) AppendOutcome("label", name, run.report_label, out);
}

std::string_view WhyNotCounted(const benchmark::BenchmarkReporter::Run& run) {
  for (const MeteredCounter& counter : kMeteredCounters) {
    if (!counter.why_not().empty()) continue;
    const auto found = run.counters.find(counter.unit);
    if (found == run.counters.end() && counter.splits) continue;  // not asked for
    if (found == run.counters.end()) {
      return "not counted: its code is in a shared library, or it replaces state.counters after "
             "the "
             "timed loop; build it into the program, and add to state.counters";
    }
    if (counter.exact && !result::IntegerTotal(found->second.value, run.iterations)) {
      return "not counted: it has a counter of its own under the name of a metered one (see "
             "tare/meter.h); rename it";
    }
  }
  return "";
}

std::string_view WhyNothingIsCounted() {
  for (const MeteredCounter& counter : kMeteredCounters) {
    if (counter.why_not().empty()) return "";
  }
  return std::begin(kMeteredCounters)->why_not();
}

}  // namespace tare::bench
