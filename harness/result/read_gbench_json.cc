// SPDX-License-Identifier: Apache-2.0
// Maps the members of Google Benchmark's runs to names, values and notes.
//
// What versions 1.5 to 1.9 write differs little: family_index since 1.5.5, custom context since
// 1.5.4 (there and in 1.5.5 without commas), aggregate_unit since 1.6, error_occurred for
// SkipWithError in all of them, skipped for SkipWithMessage since 1.8, library_version and
// json_schema_version since 1.9. All have run_name, run_type and repetition_index.
#include "result/read_gbench_json.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "result/encoding.h"
#include "result/json.h"
#include "result/number.h"
#include "result/row_names.h"
#include "result/text_field.h"

namespace tare::result {
namespace {

using Kind = JsonValue::Kind;

constexpr std::string_view kNotApplicable = "not applicable: ";

// Members of a run that are no measurement. A counter of such a name stands behind them.
constexpr std::array<std::string_view, 6> kBookkeeping = {
    "family_index", "per_family_instance_index", "repetitions", "repetition_index", "threads",
    "iterations"};

// Members of a run that are texts, where they are there at all.
constexpr std::array<std::string_view, 8> kTexts = {"name",           "run_name",       "run_type",
                                                    "aggregate_name", "aggregate_unit", "time_unit",
                                                    "error_message",  "skip_message"};

// Members of the context that say nothing of the machine, or what changes from run to run.
constexpr std::array<std::string_view, 7> kNoKeys = {
    "date",     "executable",      "library_build_type", "caches",
    "load_avg", "library_version", "json_schema_version"};

template <class List>
bool Holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string OneLine(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

// A name of the context as a key of the format: small letters, in one word. Empty where it cannot
// be one.
std::string KeyOf(std::string_view name) {
  std::string key = OneWord(name);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::replace(key.begin(), key.end(), ':', '_');
  std::string_view read, value;
  return SplitKeyValue(key + ":", &read, &value) && read == key ? key : "";
}

// How many nanoseconds Google Benchmark's unit of time is.
std::optional<double> Nanoseconds(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  return std::nullopt;
}

// The integer that the number `name` of `run` is, if there is one.
std::optional<int64_t> Integer(const JsonValue& run, std::string_view name) {
  const JsonValue* member = run.Find(name);
  int64_t number = 0;
  if (member == nullptr || member->kind != Kind::kNumber ||
      ParseInt64(member->text, &number) != NumberError::kNone) {
    return std::nullopt;
  }
  return number;
}

bool IsTrue(const JsonValue& run, std::string_view name) {
  const JsonValue* member = run.Find(name);
  return member != nullptr && member->kind == Kind::kBool && member->text == "true";
}

// Means, medians and complexities are made of runs. Before 1.5 there was no run_type, and a
// complexity is told by what it lacks and has.
bool IsAggregate(const JsonValue& run) {
  const std::string_view type = run.TextOf("run_type");
  if (!type.empty()) return type == "aggregate";
  return !run.TextOf("aggregate_name").empty() ||
         (run.Find("iterations") == nullptr &&
          (run.Find("cpu_coefficient") != nullptr || run.Find("rms") != nullptr));
}

// Tells the benchmarks of a file apart where names are equal, and gives each a name of its own.
class Names {
 public:
  std::string Of(const std::string& gbench_name, const JsonValue& run) {
    const auto [name, is_new] = names_.try_emplace({gbench_name, NumberOf(gbench_name, run)});
    if (is_new) name->second = unique_.Give(RowNameOfGbench(gbench_name));
    return name->second;
  }

 private:
  using Number = std::pair<int64_t, int64_t>;

  // The repetitions of a benchmark have one number; benchmarks of one name have different ones.
  Number NumberOf(const std::string& gbench_name, const JsonValue& run) {
    const std::optional<int64_t> family = Integer(run, "family_index");
    const std::optional<int64_t> instance = Integer(run, "per_family_instance_index");
    if (family.has_value() && instance.has_value()) return {*family, *instance};
    // Without these, a repetition that was there already belongs to another benchmark.
    const std::optional<int64_t> repetition = Integer(run, "repetition_index");
    Last& last = last_[gbench_name];
    if (repetition.has_value()) {
      if (*repetition <= last.repetition) ++last.benchmark;
      last.repetition = *repetition;
    }
    return {-1, last.benchmark};
  }

  struct Last {
    int64_t repetition = -1;
    int64_t benchmark = 0;
  };
  std::map<std::string, Last> last_;
  std::map<std::pair<std::string, Number>, std::string> names_;
  UniqueNames unique_;
};

class Reader {
 public:
  Reader(std::string_view text, std::string file) : file_(std::move(file)) {
    if (const std::string wrong = WrongEncoding(text); !wrong.empty()) {
      Complain(1, wrong);
      return;
    }
    text.remove_prefix(ByteOrderMark(text));
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
    std::map<std::string, const JsonValue*> aggregated;  // the first aggregate of each row
    size_t aggregates = 0;
    for (const JsonValue& run : benchmarks->items) {
      if (run.kind != Kind::kObject || !IsAggregate(run)) {
        ReadRun(run);
        continue;
      }
      ++aggregates;
      // A complexity is of several rows, and called by what they have in common.
      if (run.Find("big_o") != nullptr || run.Find("rms") != nullptr) continue;
      if (const std::string_view name = run.TextOf("run_name"); !name.empty()) {
        aggregated.try_emplace(names_.Of(std::string(name), run), &run);
      }
    }
    const bool is_all = aggregates > 0 && aggregates == benchmarks->items.size();
    for (const auto& [name, run] : aggregated) {
      if (is_all || seen_.contains(name)) continue;
      Remark(run->line, name + " has aggregates alone, and no run that they were made of");
      AddOutcome("absent", name, "aggregates alone, and no run that they were made of");
    }
    if (is_all) {
      Complain(benchmarks->line,
               "nothing but aggregates (mean, median, ...), of which no sample can be made: run "
               "the program with --benchmark_report_aggregates_only=false and "
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
    Config& config = outcome_.file.config;
    if (const std::string build = OneWord(context.TextOf("library_build_type")); !build.empty()) {
      config.Set("gbench-build", build);
    }
    // The machine's, and what the program has added to them.
    for (size_t i = 0; i < context.names.size(); ++i) {
      const JsonValue& value = context.items[i];
      const bool is_plain =
          value.kind == Kind::kString || value.kind == Kind::kNumber || value.kind == Kind::kBool;
      if (!is_plain || Holds(kNoKeys, context.names[i])) continue;
      if (const std::string key = KeyOf(context.names[i]); !key.empty()) {
        const std::string text = OneLine(value.text);
        const size_t begin = text.find_first_not_of(" \t");
        if (begin != std::string::npos) config.Set(key, std::string_view(text).substr(begin));
      } else {
        Remark(value.line, "\"" + OneLine(context.names[i]) + "\" is no key: left out");
      }
    }
  }

  void Remark(int64_t line, std::string_view what) {
    outcome_.remarks.push_back(file_ + ":" + std::to_string(line) + ": " + std::string(what));
  }

  // The value `what` of the row is left out: in the file's own words, and for whoever reads it.
  void LeaveOut(const Row& row, const JsonValue& value, std::string_view what,
                std::string_view why) {
    Remark(value.line, row.name + ": " + std::string(what) + " " + std::string(why) +
                           ": left out, the row is kept");
    outcome_.file.notes.push_back("note " + row.name + ": " + std::string(what) + " " +
                                  std::string(why) + "; left out");
  }

  void ReadRun(const JsonValue& run) {
    if (run.kind != Kind::kObject) return Complain(run.line, "a run is an object");
    std::string_view gbench_name = run.TextOf("run_name");
    if (gbench_name.empty()) gbench_name = run.TextOf("name");
    if (gbench_name.empty()) return Complain(run.line, "a run without a name");
    Row row;
    row.name = names_.Of(std::string(gbench_name), run);
    seen_.insert(row.name);
    if (IsTrue(run, "error_occurred")) return ReadError(run, row.name);
    if (IsTrue(run, "skipped")) return ReadSkipped(run, row.name);

    const JsonValue* iterations = run.Find("iterations");
    if (iterations == nullptr && run.Find("real_time") == nullptr) {
      return Complain(run.line, row.name + " has no measurement: it is listed only");
    }
    if (iterations == nullptr || iterations->kind != Kind::kNumber ||
        ParseInt64(iterations->text, &row.iterations) != NumberError::kNone) {
      return Complain(iterations == nullptr ? run.line : iterations->line,
                      "iterations of " + row.name + " are no integer");
    }
    if (!ReadTimes(run, &row)) return;
    ReadCounters(run, &row);
    if (row.values.empty()) return Complain(run.line, "no measurement of " + row.name);
    if (const std::string_view label = LabelOf(run); !label.empty()) {
      NoteOnce("label " + row.name + ": " + OneLine(label));
    }
    outcome_.file.rows.push_back(std::move(row));
    outcome_.row_lines.push_back(run.line);
  }

  // False: the row cannot be used, and that was said.
  bool ReadTimes(const JsonValue& run, Row* row) {
    constexpr std::pair<std::string_view, std::string_view> kTimes[] = {{"real_time", kNsPerOp},
                                                                        {"cpu_time", kCpuNsPerOp}};
    const std::optional<double> ns = Nanoseconds(run.TextOf("time_unit"));
    for (const auto& [name, unit] : kTimes) {
      const JsonValue* time = run.Find(name);
      if (time == nullptr) continue;
      double number = 0;
      if (time->kind != Kind::kNumber || ParseDouble(time->text, &number) != NumberError::kNone) {
        Complain(time->line, std::string(name) + " of " + row->name + " is no number");
        return false;
      }
      if (!ns.has_value()) {
        Complain(time->line, "unknown time_unit of " + row->name);
        return false;
      }
      row->values.push_back({number * *ns, std::string(unit)});
    }
    return true;
  }

  void ReadCounters(const JsonValue& run, Row* row) {
    std::set<std::string_view> seen;
    for (size_t i = 0; i < run.names.size(); ++i) {
      const std::string& name = run.names[i];
      const JsonValue& value = run.items[i];
      // What Google Benchmark writes itself stands first; a counter may have its name.
      const bool is_first = seen.insert(name).second;
      if (value.kind != Kind::kNumber && value.kind != Kind::kNull) continue;
      if (value.kind == Kind::kNull && (Holds(kTexts, name) || name == "label")) continue;
      if (is_first && (Holds(kBookkeeping, name) || name == "real_time" || name == "cpu_time")) {
        continue;
      }
      const std::string unit = OneWord(name);
      if (unit.empty()) {
        LeaveOut(*row, value, "a counter", "has no name");
        continue;
      }
      double number = std::numeric_limits<double>::quiet_NaN();
      const NumberError error =
          value.kind == Kind::kNull ? NumberError::kSyntax : ParseDouble(value.text, &number);
      const bool is_number = error == NumberError::kNone && std::isfinite(number);
      if (!is_number && IsOwnCounter(unit, {})) {
        LeaveOut(*row, value, unit,
                 "is " + (value.kind == Kind::kNull ? "null" : value.text) +
                     ", which is no measurement");
      } else if (!is_first || row->Find(unit) != nullptr) {
        LeaveOut(*row, value, unit,
                 "is a counter that has the name of another value; give it its own");
      } else {
        row->values.push_back({number, unit});
      }
    }
  }

  // The text of that name: a counter may have it as well.
  static std::string_view LabelOf(const JsonValue& run) {
    for (size_t i = run.names.size(); i-- > 0;) {
      if (run.names[i] == "label" && run.items[i].kind == Kind::kString) return run.items[i].text;
    }
    return "";
  }

  // However many repetitions say it.
  void NoteOnce(const std::string& note) {
    if (noted_.insert(note).second) outcome_.file.notes.push_back(note);
  }

  void AddOutcome(std::string_view kind, const std::string& name, std::string_view message) {
    NoteOnce(std::string(kind) + " " + name + ": " +
             (message.empty() ? "no reason given" : OneLine(message)));
  }

  void ReadError(const JsonValue& run, const std::string& name) {
    std::string_view message = run.TextOf("error_message");
    const bool absent = message.starts_with(kNotApplicable);
    if (absent) message.remove_prefix(kNotApplicable.size());
    AddOutcome(absent ? "absent" : "error", name, message);
  }

  void ReadSkipped(const JsonValue& run, const std::string& name) {
    std::string_view message = run.TextOf("skip_message");
    if (message.starts_with(kNotApplicable)) message.remove_prefix(kNotApplicable.size());
    AddOutcome("absent", name, message);
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
  Names names_;
  std::set<std::string> seen_;   // names of runs, whatever became of them
  std::set<std::string> noted_;  // notes that NoteOnce has made
  ReadOutcome outcome_;
};

}  // namespace

ReadOutcome ReadGbenchJson(std::string_view text, const std::string& file) {
  return Reader(text, file).Take();
}

bool IsGbenchJson(std::string_view text) {
  text.remove_prefix(ByteOrderMark(text));
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text[begin] == '{';
}

ReadOutcome ReadResults(std::string_view text, const std::string& file) {
  return IsGbenchJson(text) ? ReadGbenchJson(text, file) : ReadText(text, file);
}

}  // namespace tare::result
