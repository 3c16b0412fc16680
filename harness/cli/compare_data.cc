// SPDX-License-Identifier: Apache-2.0
// The same fields in both forms: a list of names and values for each cell.
#include "cli/compare_data.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "result/number.h"
#include "result/utf8.h"
#include "table/go_text.h"

namespace tare::cli {
namespace {

using table::CellSummary;
using table::ComparedTable;
using table::Comparison;
using table::Outcome;

// A field of a record. Texts are quoted in JSON, what is absent is left out there.
struct Entry {
  const char* name;
  std::optional<std::string> value;
  bool is_text = false;
};
using Record = std::vector<Entry>;

std::optional<std::string> Number(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  return result::FormatDouble(value);
}

std::optional<std::string> Number(const std::optional<double>& value) {
  return value.has_value() ? Number(*value) : std::nullopt;
}

const char* OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kChanged:
      return "changed";
    case Outcome::kSame:
      return "same";
    case Outcome::kUnstable:
      return "unstable";
    case Outcome::kMixed:
      return "mixed";
    case Outcome::kCounted:
      return "counted_once";
    case Outcome::kCannotTell:
      break;
  }
  return "cannot_tell";
}

// The fields of a comparison; absent ones for the base of a row and for an empty cell.
void AddComparison(const table::Sheet& sheet, const ComparedTable& compared,
                   const Comparison* comparison, Record* record) {
  const auto add = [&](const char* name, std::optional<std::string> value, bool is_text = false) {
    record->push_back({name, std::move(value), is_text});
  };
  if (comparison == nullptr) {
    for (const char* name : {"base", "paired", "p", "p_holm", "approximate", "ratio", "ratio_low",
                             "ratio_high", "difference", "verdict", "better", "same_within",
                             "detectable", "detectable_difference", "least_n"}) {
      add(name, std::nullopt);
    }
    return;
  }
  const Comparison& c = *comparison;
  add("base", KeyText(sheet.columns(), compared.columns[c.base]), true);
  add("paired", c.paired ? "true" : "false");
  add("p", Number(c.p));
  add("p_holm", c.p.has_value() ? Number(c.adjusted_p) : std::nullopt);
  add("approximate", c.p.has_value() ? std::optional<std::string>(c.approximate ? "true" : "false")
                                     : std::nullopt);
  add("ratio", Number(c.ratio));
  add("ratio_low", c.interval.has_value() ? Number(c.interval->low) : std::nullopt);
  add("ratio_high", c.interval.has_value() ? Number(c.interval->high) : std::nullopt);
  add("difference", Number(c.difference));
  add("verdict", OutcomeName(c.outcome), true);
  add("better",
      c.better == 0 ? std::nullopt : std::optional<std::string>(c.better > 0 ? "true" : "false"));
  add("same_within", c.outcome == Outcome::kSame ? Number(c.within) : std::nullopt);
  add("detectable", Number(c.detectable));
  add("detectable_difference", Number(c.detectable_difference));
  add("least_n", c.least > 0 ? std::optional(absl::StrCat(c.least)) : std::nullopt);
}

// What made the table, less the unit: that is a field of its own.
std::string TableKeys(const table::Sheet& sheet, const ComparedTable& compared) {
  std::string keys;
  for (const table::Dimension* dimension : sheet.tables().Dimensions()) {
    const absl::string_view value = sheet.tables().Value(compared.sheet->key, *dimension);
    if (dimension->name == ".unit" || value.empty()) continue;
    absl::StrAppend(&keys, keys.empty() ? "" : " ", dimension->name, ":", value);
  }
  return keys;
}

Record RecordOf(const table::Sheet& sheet, const ComparedTable& compared, size_t row, size_t column,
                const Comparison* comparison, const EmptyReasons& reasons) {
  Record record;
  const auto add = [&](const char* name, std::optional<std::string> value, bool is_text = false) {
    record.push_back({name, std::move(value), is_text});
  };
  add("table", TableKeys(sheet, compared), true);
  add("unit", compared.unit, true);
  add("row", KeyText(sheet.rows(), compared.rows[row]), true);
  add("column", KeyText(sheet.columns(), compared.columns[column]), true);
  const std::optional<CellSummary>& cell = compared.At(row, column);
  const auto reason = reasons.find(table::CellId(compared.rows[row], compared.columns[column]));
  add("n", absl::StrCat(cell.has_value() ? cell->cell->values.size() : 0));
  add("center", cell.has_value() ? Number(cell->center) : std::nullopt);
  const bool interval = cell.has_value() && cell->interval.has_value();
  add("center_low", interval ? Number(cell->interval->low) : std::nullopt);
  add("center_high", interval ? Number(cell->interval->high) : std::nullopt);
  add("floor_ratio", cell.has_value() ? Number(cell->floor_ratio) : std::nullopt);
  add("tare", cell.has_value() ? Number(cell->tare) : std::nullopt);
  add("weighed_in_rounds",
      cell.has_value() && cell->tare.has_value() && !compared.exact
          ? std::optional<std::string>(cell->weighed_in_rounds ? "true" : "false")
          : std::nullopt);
  add("empty_because",
      cell.has_value() || reason == reasons.end() ? std::nullopt
                                                  : std::optional<std::string>(reason->second),
      true);
  AddComparison(sheet, compared, comparison, &record);
  return record;
}

// Calls back with the record of every cell, row by row.
template <class Callback>
void ForEachRecord(const table::Sheet& sheet, const table::Report& report,
                   const EmptyReasons& reasons, Callback callback) {
  for (const ComparedTable& compared : report.tables) {
    size_t next = 0;
    for (size_t r = 0; r < compared.rows.size(); ++r) {
      for (size_t c = 0; c < compared.columns.size(); ++c) {
        const Comparison* comparison = nullptr;
        if (next < compared.comparisons.size() && compared.comparisons[next].row == r &&
            compared.comparisons[next].column == c) {
          comparison = &compared.comparisons[next++];
        }
        callback(RecordOf(sheet, compared, r, c, comparison, reasons));
      }
    }
  }
}

}  // namespace

void WriteComparisonCsv(const table::Sheet& sheet, const table::Report& report,
                        const EmptyReasons& reasons, const Sink& sink) {
  bool first = true;
  table::CsvLine line;
  ForEachRecord(sheet, report, reasons, [&](const Record& record) {
    std::string out;
    if (first) {
      for (const Entry& entry : record) line.Add(entry.name);
      line.Flush(&out);
      first = false;
    }
    for (const Entry& entry : record) line.Add(entry.value.value_or(""));
    line.Flush(&out);
    sink(out);
  });
}

void WriteComparisonJson(const table::Sheet& sheet, const table::Report& report,
                         const EmptyReasons& reasons, const table::CompareOptions& options,
                         const Sink& sink) {
  const table::Tally tally = table::TallyOf(report);
  sink(absl::StrCat("{\"schema_version\": 1, \"alpha\": ", *Number(options.alpha),
                    ", \"confidence\": ", *Number(options.confidence),
                    ", \"margin\": ", *Number(options.margin), ", \"tests\": ", report.tests,
                    ", \"gone\": ", tally.gone, ", \"new\": ", tally.added, ", \"cells\": ["));
  bool first = true;
  ForEachRecord(sheet, report, reasons, [&](const Record& record) {
    std::string out = first ? "\n{" : ",\n{";
    first = false;
    bool first_entry = true;
    for (const Entry& entry : record) {
      if (!entry.value.has_value()) continue;
      absl::StrAppend(&out, first_entry ? "" : ", ", "\"", entry.name,
                      "\": ", entry.is_text ? result::QuoteJson(*entry.value) : *entry.value);
      first_entry = false;
    }
    sink(out + "}");
  });
  sink("\n]}\n");
}

}  // namespace tare::cli
