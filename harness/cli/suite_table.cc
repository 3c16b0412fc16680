// SPDX-License-Identifier: Apache-2.0
// Finds each row's floor and hand loop, takes paired ratios, and lays out the columns.
#include "cli/suite_table.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/printable.h"
#include "cli/row_name.h"
#include "cli/text_table.h"
#include "result/number.h"
#include "result/words.h"
#include "stat/median.h"
#include "stat/paired.h"

namespace tare::cli {
namespace {

constexpr double kConfidence = 0.95;
constexpr char kNothing[] = "-";
// Columns of a table with variants and times.
constexpr size_t kFloorInterval = 4, kHandInterval = 6;

// A row with what is needed to place it.
struct Entry {
  const RowRecord* row;
  RowName name;
  std::vector<double> ns;  // a round each
};

std::vector<Entry> Entries(const SuiteRecord& suite) {
  std::vector<Entry> entries;
  for (const RowRecord& row : suite.rows) {
    entries.push_back({&row, RowName(row.listed.name), {}});
    for (const result::Row& round : row.rounds) {
      entries.back().ns.push_back(*round.Find(result::kNsPerOp));
    }
  }
  return entries;
}

const Entry* FloorOf(const Entry& entry, const std::vector<Entry>& entries) {
  for (const Entry& other : entries) {
    if (other.name.IsFloor() && other.name.question == entry.name.question) return &other;
  }
  return nullptr;
}

const Entry* HandLoopOf(const Entry& entry, const std::vector<Entry>& entries) {
  for (const Entry& other : entries) {
    if (entry.name.HasHandLoop(other.name)) return &other;
  }
  return nullptr;
}

std::string FormatNs(double ns) {
  return ns < 10    ? absl::StrFormat("%.2f", ns)
         : ns < 100 ? absl::StrFormat("%.1f", ns)
                    : absl::StrFormat("%.0f", ns);
}

// The ratio and its interval, two cells.
void AppendRatio(const Entry& entry, const Entry* base, std::vector<std::string>* cells) {
  std::optional<stat::PairedRatio> ratio;
  if (base != nullptr) ratio = stat::MedianPairedRatio(entry.ns, base->ns, kConfidence);
  if (!ratio.has_value()) {
    cells->insert(cells->end(), {kNothing, ""});
  } else if (base == &entry) {
    cells->insert(cells->end(), {"1", ""});
  } else {
    cells->push_back(absl::StrFormat("%.3f", ratio->median));
    cells->push_back(
        ratio->interval.has_value()
            ? absl::StrFormat("[%.3f, %.3f]", ratio->interval->low, ratio->interval->high)
            : "");
  }
}

// A count that is a sample: as many digits as say something.
std::string FormatSample(double per_op) {
  return per_op >= 100 ? absl::StrFormat("%.0f", per_op) : result::Rounded(per_op, 3);
}

// The units of the benchmarks' own counters, in the order in which they appear.
std::vector<std::string> OwnUnits(const SuiteRecord& suite) {
  std::vector<std::string> units;
  for (const RowRecord& row : suite.rows) {
    for (const result::Row& round : row.rounds) {
      for (const result::Value& value : round.values) {
        if (!result::IsKnownUnit(value.unit) &&
            std::find(units.begin(), units.end(), value.unit) == units.end()) {
          units.push_back(value.unit);
        }
      }
    }
  }
  return units;
}

// Of any magnitude: 4 digits, and the letter of the thousands where they are many.
std::string FormatCounter(double value) {
  constexpr std::pair<double, const char*> kSteps[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}};
  for (const auto& [step, letter] : kSteps) {
    if (std::fabs(value) >= step) return result::Rounded(value / step, 4) + letter;
  }
  return result::Rounded(value, 4);
}

// The median over the rounds that have a value of the unit.
std::string MedianOf(const RowRecord& row, std::string_view unit,
                     std::string (*format)(double value)) {
  std::vector<double> values;
  for (const result::Row& round : row.rounds) {
    if (const double* value = round.Find(unit)) values.push_back(*value);
  }
  return values.empty() ? kNothing : format(stat::Median(values));
}

// Units that the counting pass could not give: of this row, or anywhere here.
bool IsNotApplicable(std::string_view unit, const RowRecord& row, const SuiteRecord& suite) {
  const auto names_unit = [&](const std::string& text) {
    return text.starts_with(std::string(unit) + ": ");
  };
  return !row.counts_absent.empty() ||
         std::any_of(suite.not_applicable.begin(), suite.not_applicable.end(), names_unit);
}

// What is counted of each row, and behind it what only some rows have.
std::vector<std::string_view> CountedUnits(const SuiteRecord& suite) {
  std::vector<std::string_view> units = {result::kSyscallsPerOp, result::kAllocsPerOp,
                                         result::kBytesPerOp};
  for (const std::string_view unit : {result::kOwnAllocsPerOp, result::kLibraryAllocsPerOp,
                                      result::kOwnBytesPerOp, result::kLibraryBytesPerOp}) {
    if (std::any_of(suite.rows.begin(), suite.rows.end(), [&](const RowRecord& row) {
          return row.counts.has_value() && row.counts->Find(unit) != nullptr;
        })) {
      units.push_back(unit);
    }
  }
  return units;
}

void AppendCounts(const RowRecord& row, const SuiteRecord& suite, std::vector<std::string>* cells) {
  for (const std::string_view unit : CountedUnits(suite)) {
    const double* value = row.counts.has_value() ? row.counts->Find(unit) : nullptr;
    if (value == nullptr && row.counts.has_value() && result::IsSplitUnit(unit)) {
      cells->push_back(kNothing);  // it accounts for no library
      continue;
    }
    if (value != nullptr) {
      cells->push_back(unit == result::kSyscallsPerOp
                           ? FormatSample(*value)
                           : FormatExact(*value, row.counts->iterations));
    } else if (IsNotApplicable(unit, row, suite)) {
      cells->push_back("n/a");
    } else {
      cells->push_back(row.unstable.empty() ? kNothing : "unstable");
    }
  }
}

// Whether no row is one of several answers to a question: then there is nothing to hold rows
// against, and each is a line with its name.
bool NoneIsAVariant(const std::vector<Entry>& entries) {
  return std::all_of(entries.begin(), entries.end(), [](const Entry& entry) {
    return entry.name.variant.empty() && entry.name.backend.empty() && entry.name.mode.empty();
  });
}

// What stands in front of a row's figures, `by_name` where none is a variant.
std::vector<std::string> Labels(const RowName& name, bool by_name) {
  if (by_name) return {absl::StrCat("  ", name.question)};
  return {absl::StrCat("  ", name.variant.empty() ? kNothing : name.variant),
          absl::StrCat(name.backend, name.mode.empty() ? "" : " ", name.mode)};
}

void AppendEntry(const Entry& entry, const std::vector<Entry>& entries, const SuiteRecord& suite,
                 bool times, bool by_name, TextTable* table) {
  const RowRecord& row = *entry.row;
  std::vector<std::string> cells = Labels(entry.name, by_name);
  if (row.state != RowRecord::State::kMeasured) {
    const char* what = row.state == RowRecord::State::kAbsent ? "absent: " : "FAILED: ";
    table->AddRowWithText(std::move(cells), what + row.reason);
    return;
  }
  if (times) {
    cells.push_back(entry.ns.empty() ? kNothing : FormatNs(stat::Median(entry.ns)));
    if (!by_name) {
      AppendRatio(entry, FloorOf(entry, entries), &cells);
      AppendRatio(entry, HandLoopOf(entry, entries), &cells);
    }
    cells.push_back(MedianOf(row, result::kCpuNsPerOp, &FormatNs));
  }
  AppendCounts(row, suite, &cells);
  for (const std::string& unit : OwnUnits(suite)) {
    cells.push_back(MedianOf(row, unit, &FormatCounter));
  }
  table->AddRow(std::move(cells));
}

std::string Legend(const SuiteRecord& suite, const Plan& plan, bool by_name) {
  std::string legend;
  const std::vector<std::string_view> counted = CountedUnits(suite);
  const std::string rounds = result::CountOf(static_cast<uint64_t>(plan.rounds), "round");
  if (plan.CountsOnly()) {
    legend = "Counts only: nothing was timed.\n";
  } else if (by_name) {
    legend = absl::StrCat("ns/op: median of ", rounds, ".\n");
  } else {
    legend = absl::StrCat("ns/op: median of ", rounds,
                          "; vs floor, vs hand (loop of that backend): median of the ratios "
                          "within a round");
    const size_t least = stat::LeastSampleForInterval(kConfidence);
    absl::StrAppend(&legend, static_cast<size_t>(plan.rounds) < least
                                 ? absl::StrCat(" (no interval: that needs ", least, " rounds).\n")
                                 : " [95 % interval].\n");
  }
  if (!plan.CountsOnly()) {
    absl::StrAppend(&legend,
                    "cpu/op: ns of CPU time that the whole process spent, polling threads of the "
                    "kernel among them; median.\n");
    std::vector<std::string> names;
    for (const RowRecord& row : suite.rows) names.push_back(row.listed.name);
    absl::StrAppend(&legend, "Rows were ", plan.place.InWords(names), "; --cpus and --no-pin.\n");
  }
  return legend +
         "syscalls/op: counted once, apart from the times; may differ from run to run.\n"
         "allocs/op, B/op (requested): exact, counted apart from the times; a fraction is the "
         "total over the operations counted.\n" +
         (std::any_of(counted.begin(), counted.end(), &result::IsSplitUnit)
              ? "own-, lib-: of those, ours and a library's.\n"
              : "");
}

// What the cells "n/a" and "unstable" have no room for.
std::string Remarks(const SuiteRecord& suite) {
  std::string remarks;
  std::string said;
  for (const RowRecord& row : suite.rows) {
    if (row.state != RowRecord::State::kMeasured) continue;
    if (!row.unstable.empty()) {
      absl::StrAppend(&remarks, "unstable: ", row.listed.name, ": ", row.unstable, "\n");
    }
    if (!row.counts_absent.empty() && row.counts_absent != said) {
      said = row.counts_absent;
      absl::StrAppend(&remarks, "n/a: not counted: ", said, "\n");
    }
  }
  if (!said.empty()) return remarks;  // nothing is counted: no need to say it of each unit
  for (const std::string& unit : suite.not_applicable) {
    absl::StrAppend(&remarks, "n/a: ", unit, "\n");
  }
  return remarks;
}

}  // namespace

std::string FormatExact(double per_op, int64_t iterations) {
  const std::optional<int64_t> total = result::IntegerTotal(per_op, iterations);
  if (!total.has_value()) return result::FormatDouble(per_op);
  if (*total % iterations == 0) return absl::StrCat(*total / iterations);
  return absl::StrCat(result::Rounded(per_op, 6), " = ", *total, "/", iterations);
}

std::string RenderSuiteTable(const SuiteRecord& suite, const Plan& plan, size_t width) {
  using Align = TextTable::Align;
  const bool times = !plan.CountsOnly();
  const std::vector<Entry> entries = Entries(suite);
  const bool by_name = NoneIsAVariant(entries);
  std::vector<Align> columns(by_name ? 1 : 2, Align::kLeft);
  std::vector<std::string> header = {"  benchmark"};
  if (!by_name) header = {"  variant", "backend"};
  if (times) {
    columns.push_back(Align::kRight);
    header.push_back("ns/op");
    if (!by_name) {
      for (const Align align : {Align::kRight, Align::kLeft, Align::kRight, Align::kLeft}) {
        columns.push_back(align);
      }
      header.insert(header.end(), {"vs floor", "", "vs hand", ""});
    }
    columns.push_back(Align::kRight);
    header.push_back("cpu/op");
  }
  const std::vector<std::string_view> counted = CountedUnits(suite);
  columns.insert(columns.end(), counted.size(), Align::kRight);
  header.insert(header.end(), counted.begin(), counted.end());
  const std::vector<std::string> own_units = OwnUnits(suite);
  for (const std::string& unit : own_units) {
    columns.push_back(Align::kRight);
    header.push_back(Printable(unit));
  }

  TextTable table(std::move(columns));
  if (times && !by_name) {
    for (const size_t interval : {kHandInterval, kFloorInterval}) table.MayLeaveOut(interval);
  }
  table.AddRow(std::move(header));
  std::vector<bool> placed(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    if (placed[i]) continue;
    if (!by_name) table.AddLine(entries[i].name.question);
    for (size_t j = i; j < entries.size(); ++j) {
      if (placed[j] || entries[j].name.question != entries[i].name.question) continue;
      placed[j] = true;
      AppendEntry(entries[j], entries, suite, times, by_name, &table);
    }
  }
  std::string below = Remarks(suite) + Legend(suite, plan, by_name);
  if (!own_units.empty()) {
    below += "Other columns: the benchmarks' own counters, medians; M, G, T: millions and so on.\n";
  }
  if (table.LeavesOut(width)) {
    below += "The terminal is too narrow for intervals: `tare compare` has them, of the file.\n";
  }
  return table.Render(width) + Folded(below, width, 0);
}

}  // namespace tare::cli
