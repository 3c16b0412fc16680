// SPDX-License-Identifier: Apache-2.0
// Maps the members of Google Benchmark's runs to names, values and notes.
#include "result/read_gbench_json.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "result/json.h"
#include "result/number.h"
#include "result/text_field.h"

namespace tare::result {
namespace {

using Kind = JsonValue::Kind;

constexpr std::string_view kNotApplicable = "not applicable: ";

// Members of a run that are no measurement.
constexpr std::array<std::string_view, 5> kBookkeeping = {
    "family_index", "per_family_instance_index", "repetitions", "repetition_index", "threads"};

std::string OneWord(std::string_view text) {
  std::string word;
  while (!text.empty()) {
    const std::string_view field = TakeField(&text);
    word.append(word.empty() ? "" : "_").append(field);
  }
  return word;
}

std::string OneLine(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

bool IsInteger(std::string_view text) {
  int64_t ignored = 0;
  return ParseInt64(text, &ignored) == NumberError::kNone;
}

// How many nanoseconds Google Benchmark's unit of time is.
std::optional<double> Nanoseconds(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  return std::nullopt;
}

class Reader {
 public:
  Reader(std::string_view text, std::string file) : file_(std::move(file)) {
    JsonValue root;
    if (const JsonError error = ParseJson(text, &root); error.line != 0) {
      Complain(error.line, error.what);
      return;
    }
    const JsonValue* benchmarks = root.Find("benchmarks");
    if (benchmarks == nullptr || benchmarks->kind != Kind::kArray) {
      Complain(root.line, "no array \"benchmarks\": this is not Google Benchmark's JSON");
      return;
    }
    if (const JsonValue* context = root.Find("context")) ReadContext(*context);
    for (const JsonValue& run : benchmarks->items) ReadRun(run);
    const auto is_aggregate = [](const JsonValue& run) {
      return run.TextOf("run_type") == "aggregate";
    };
    if (!benchmarks->items.empty() &&
        std::all_of(benchmarks->items.begin(), benchmarks->items.end(), is_aggregate)) {
      Complain(
          benchmarks->line,
          "nothing but aggregates (mean, median, ...), of which no sample can be made: run the "
          "program with --benchmark_report_aggregates_only=false and "
          "--benchmark_display_aggregates_only=false");
    }
    Describe();
  }

  ReadOutcome Take() { return std::move(outcome_); }

 private:
  void Complain(int64_t line, std::string_view what) {
    outcome_.errors.push_back(file_ + ":" + std::to_string(line) + ": " + std::string(what));
  }

  void ReadContext(const JsonValue& context) {
    outcome_.file.head.push_back("google/benchmark \u00B7 " +
                                 OneLine(context.TextOf("executable")) + " \u00B7 " +
                                 OneLine(context.TextOf("date")));
    if (const std::string build = OneWord(context.TextOf("library_build_type")); !build.empty()) {
      outcome_.file.config.Set("gbench-build", build);
    }
  }

  void ReadRun(const JsonValue& run) {
    if (run.kind != Kind::kObject) return Complain(run.line, "a run is an object");
    if (run.TextOf("run_type") == "aggregate") return;
    std::string_view gbench_name = run.TextOf("run_name");
    if (gbench_name.empty()) gbench_name = run.TextOf("name");
    if (gbench_name.empty()) return Complain(run.line, "a run without a name");
    Row row;
    row.name = RowNameOfGbench(gbench_name);
    const JsonValue* failed = run.Find("error_occurred");
    if (failed != nullptr && failed->text == "true") return ReadError(run, row.name);

    const JsonValue* iterations = run.Find("iterations");
    if (iterations == nullptr || iterations->kind != Kind::kNumber ||
        ParseInt64(iterations->text, &row.iterations) != NumberError::kNone) {
      return Complain(iterations == nullptr ? run.line : iterations->line,
                      "iterations of " + row.name + " are no integer");
    }
    const std::optional<double> ns = Nanoseconds(run.TextOf("time_unit"));
    for (size_t i = 0; i < run.names.size(); ++i) {
      const std::string& name = run.names[i];
      const JsonValue& value = run.items[i];
      if (value.kind != Kind::kNumber || name == "iterations" ||
          std::find(kBookkeeping.begin(), kBookkeeping.end(), name) != kBookkeeping.end()) {
        continue;
      }
      double number = 0;
      std::string_view spelled = value.text;
      if (spelled == "-NaN") spelled = "NaN";
      if (ParseDouble(spelled, &number) != NumberError::kNone) {
        return Complain(value.line, name + " of " + row.name + " is out of range: " + value.text);
      }
      const bool is_time = name == "real_time" || name == "cpu_time";
      if (is_time && !ns.has_value()) {
        return Complain(value.line, "unknown time_unit of " + row.name);
      }
      if (is_time) {
        row.values.push_back(
            {number * *ns, std::string(name == "real_time" ? kNsPerOp : kCpuNsPerOp)});
      } else if (std::string unit = OneWord(name); !unit.empty()) {
        row.values.push_back({number, std::move(unit)});
      }
    }
    if (row.values.empty()) return Complain(run.line, "no measurement of " + row.name);
    outcome_.file.rows.push_back(std::move(row));
    outcome_.row_lines.push_back(run.line);
  }

  void ReadError(const JsonValue& run, const std::string& name) {
    std::string_view message = run.TextOf("error_message");
    const bool absent = message.starts_with(kNotApplicable);
    if (absent) message.remove_prefix(kNotApplicable.size());
    outcome_.file.notes.push_back((absent ? "absent " : "error ") + name + ": " + OneLine(message));
  }

  // JSON says nothing of units. What tare counts is exact; of the rest nothing is assumed.
  void Describe() {
    Units& units = outcome_.file.units;
    const auto set = [&](std::string_view unit, std::string_view key, std::string_view value) {
      static_cast<void>(units.Set(unit, key, value));  // once each: nothing contradicts
    };
    for (const Row& row : outcome_.file.rows) {
      for (const Value& value : row.values) {
        if (units.Find(value.unit) != nullptr) continue;
        const bool exact = IsExactUnit(value.unit);
        set(value.unit, "assume", exact ? "exact" : "nothing");
        if (exact || value.unit.ends_with("ns/op")) set(value.unit, "better", "lower");
      }
    }
  }

  std::string file_;
  ReadOutcome outcome_;
};

}  // namespace

std::string RowNameOfGbench(std::string_view name) {
  std::string row_name;
  bool first = true;
  while (true) {
    const size_t slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    const size_t colon = part.rfind(':');
    const std::string_view key = colon == std::string_view::npos ? part : part.substr(0, colon);
    const bool dropped =
        !first &&
        (part == "real_time" || part == "process_time" || part == "manual_time" ||
         part == "threads:1" ||
         (colon != std::string_view::npos && (key == "min_time" || key == "min_warmup_time" ||
                                              key == "iterations" || key == "repeats")));
    if (!dropped) {
      if (!first) row_name += '/';
      const bool is_argument = !first && colon != std::string_view::npos && !key.empty() &&
                               IsInteger(part.substr(colon + 1));
      row_name +=
          is_argument ? OneWord(key) + "=" + std::string(part.substr(colon + 1)) : OneWord(part);
    }
    first = false;
    if (slash == std::string_view::npos) return row_name;
    name.remove_prefix(slash + 1);
  }
}

ReadOutcome ReadGbenchJson(std::string_view text, const std::string& file) {
  return Reader(text, file).Take();
}

ReadOutcome ReadResults(std::string_view text, const std::string& file) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  const bool is_json = begin != std::string_view::npos && text[begin] == '{';
  return is_json ? ReadGbenchJson(text, file) : ReadText(text, file);
}

}  // namespace tare::result
