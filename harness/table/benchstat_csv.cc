// SPDX-License-Identifier: Apache-2.0
// benchstat's tables for programs; notes name the cell as a spreadsheet nearly would.
#include "absl/strings/str_cat.h"
#include "table/benchstat_table.h"
#include "table/go_text.h"

namespace tare::table {
namespace {

constexpr size_t kCenterColumns = 2;
constexpr size_t kDeltaColumns = 2;

size_t Start(size_t column) {
  return column == 0 ? 1 : 1 + kCenterColumns + (column - 1) * (kCenterColumns + kDeltaColumns);
}

// A to Z, then BA: base 26 with A for 0, as in the original.
std::string ColumnName(size_t column) {
  std::string name;
  do {
    name.insert(name.begin(), static_cast<char>('A' + column % 26));
    column /= 26;
  } while (column > 0);
  return name;
}

class Writer {
 public:
  Writer(std::string* out, std::string* notes) : out_(out), notes_(notes) {}

  void Key(absl::string_view text) {
    line_.Add(text);
    Flush();
  }

  void Table(const Sheet& sheet, const BenchstatTable& table) {
    Header(sheet, table);
    for (size_t r = 0; r < table.rows.size(); ++r) {
      line_.Add(sheet.rows().Text(table.rows[r]));
      for (size_t c = 0; c < table.columns.size(); ++c) {
        if (table.At(r, c).has_value()) Cell(*table.At(r, c), c);
      }
      Flush();
    }
    line_.Add("geomean");
    for (size_t c = 0; c < table.columns.size(); ++c) Summary(table.summaries[c], c);
    PadTo(Start(table.columns.size()));
    Flush();
  }

 private:
  void Header(const Sheet& sheet, const BenchstatTable& table) {
    for (const Dimension* dimension : sheet.columns().Dimensions()) {
      for (size_t c = 0; c < table.columns.size(); ++c) {
        PadTo(Start(c));
        line_.Add(sheet.columns().Value(table.columns[c], *dimension));
      }
      PadTo(Start(table.columns.size()));
      Flush();
    }
    for (size_t c = 0; c < table.columns.size(); ++c) {
      PadTo(Start(c));
      line_.Add(table.unit);
      line_.Add("CI");
      if (c == 0) continue;
      line_.Add("vs base");
      line_.Add("P");
    }
    Flush();
  }

  void Cell(const BenchstatCell& cell, size_t column) {
    PadTo(Start(column));
    Note(cell.notes);
    line_.Add(GoFloat(cell.center));
    line_.Add(cell.percent);
    if (!cell.has_base) return;
    Note(cell.test_notes);
    line_.Add(cell.delta);
    line_.Add(cell.test);
  }

  void Summary(const BenchstatSummary& summary, size_t column) {
    PadTo(Start(column));
    Note(summary.notes);
    if (summary.geomean.has_value()) line_.Add(GoFloat(*summary.geomean));
    if (column == 0) return;
    PadTo(Start(column) + kCenterColumns);
    line_.Add(summary.ratio.has_value() ? GoFixed((*summary.ratio - 1) * 100, 2, true) + "%" : "?");
  }

  void PadTo(size_t column) {
    while (line_.size() < column) line_.Add("");
  }

  void Note(const std::vector<std::string>& notes) {
    for (const std::string& note : notes) {
      absl::StrAppend(notes_, ColumnName(line_.size()), row_, ": ", note, "\n");
    }
  }

  void Flush() {
    line_.Flush(out_);
    ++row_;
  }

  std::string* out_;
  std::string* notes_;
  CsvLine line_;
  size_t row_ = 1;
};

}  // namespace

std::string BenchstatCsv(const Sheet& sheet, const result::Units& units,
                         const BenchstatOptions& options, std::string* notes) {
  std::string out;
  Writer writer(&out, notes);
  const SheetTable* previous = nullptr;
  for (const SheetTable* table : sheet.Tables()) {
    if (previous != nullptr) writer.Key("");
    for (const std::string& key : ChangedKeys(sheet, *table, previous)) writer.Key(key);
    previous = table;
    writer.Table(sheet, MakeBenchstatTable(sheet, *table, units, options));
  }
  return out;
}

}  // namespace tare::table
