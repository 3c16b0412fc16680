// SPDX-License-Identifier: Apache-2.0
// benchstat's tables for people: centred headers, footnotes in superscript.
#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "stat/benchstat.h"
#include "table/benchstat_table.h"
#include "table/go_text.h"
#include "table/grid.h"
#include "table/scale.h"
#include "table/tidy_unit.h"

namespace tare::table {
namespace {

using Align = Grid::Align;

constexpr size_t kCenterColumns = 3;  // centre, percent, notes
constexpr size_t kDeltaColumns = 3;   // delta, test, notes
constexpr char kMargin[] = " \u2502 ";
constexpr char kLastMargin[] = " \u2502";

// Where a column of the table begins in the grid.
size_t Start(size_t column) {
  return column == 0 ? 1 : 1 + kCenterColumns + (column - 1) * (kCenterColumns + kDeltaColumns);
}

std::string Superscript(size_t number) {
  constexpr const char* kDigits[] = {"\u2070", "\u00B9", "\u00B2", "\u00B3", "\u2074",
                                     "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string text;
  for (const char digit : std::to_string(number)) text += kDigits[digit - '0'];
  return text;
}

class Footnotes {
 public:
  // The numbers of these texts, "¹ ²".
  std::string Mark(const std::vector<std::string>& notes) {
    std::vector<std::string> marks;
    for (const std::string& note : notes) {
      const auto [known, is_new] = numbers_.try_emplace(note, texts_.size() + 1);
      if (is_new) texts_.push_back(note);
      marks.push_back(Superscript(known->second));
    }
    return absl::StrJoin(marks, " ");
  }

  std::string Render() const {
    std::string out;
    for (size_t i = 0; i < texts_.size(); ++i) {
      absl::StrAppend(&out, Superscript(i + 1), " ", texts_[i], "\n");
    }
    return out;
  }

 private:
  absl::flat_hash_map<std::string, size_t> numbers_;
  std::vector<std::string> texts_;
};

// A line for each key of the columns; neighbours that agree in it, and in those above, share a
// cell.
void AddHeader(const Sheet& sheet, const BenchstatTable& table, Grid* grid) {
  const size_t right_edge = Start(table.columns.size() + 1);
  const std::vector<const Dimension*> dimensions = sheet.columns().Dimensions();
  std::vector<bool> begins(table.columns.size(), false);  // of a cell, in this line or above
  if (!begins.empty()) begins[0] = true;
  for (const Dimension* dimension : dimensions) {
    const auto value = [&](size_t c) {
      return sheet.columns().Value(table.columns[c], *dimension);
    };
    for (size_t c = 1; c < begins.size(); ++c) {
      begins[c] = begins[c] || value(c) != value(c - 1);
    }
    grid->Row();
    for (size_t c = 0; c < begins.size();) {
      size_t end = c + 1;
      while (end < begins.size() && !begins[end]) ++end;
      grid->Column(Start(c));
      grid->Span(Start(end) - Start(c), std::string(value(c)), Align::kCenter, kMargin);
      c = end;
    }
    grid->Column(right_edge);
    grid->Cell("", Align::kLeft, kLastMargin);
  }
  grid->Row();
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const size_t start = Start(c);
    grid->Column(start);
    grid->Span(kCenterColumns, table.unit, Align::kCenter, kMargin);
    if (c > 0) grid->Span(kDeltaColumns, "vs base", Align::kLeft, "  ");
    for (size_t i = start + 1; i < grid->column(); ++i) grid->SetShrink(i);
  }
  grid->Column(right_edge);
  grid->Cell("", Align::kLeft, kLastMargin);
}

void AddRow(const Sheet& sheet, const BenchstatTable& table, size_t row, bool binary, Grid* grid,
            Footnotes* footnotes) {
  grid->Row();
  grid->Cell(sheet.rows().Text(table.rows[row]));
  std::vector<double> centers;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    if (table.At(row, c).has_value()) centers.push_back(table.At(row, c)->center);
  }
  const Scale scale(centers, binary);
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const std::optional<BenchstatCell>& cell = table.At(row, c);
    if (!cell.has_value()) continue;
    grid->Column(Start(c));
    grid->Cell(scale.Format(cell->center), Align::kRight);
    grid->Cell(cell->percent, Align::kRight, " \u00B1 ");
    grid->Cell(footnotes->Mark(cell->notes));
    if (!cell->has_base) continue;
    grid->Cell(cell->delta, Align::kRight);
    grid->Cell("(" + cell->test + ")");
    grid->Cell(footnotes->Mark(cell->test_notes));
  }
}

void AddSummary(const BenchstatTable& table, bool binary, Grid* grid, Footnotes* footnotes) {
  grid->Row();
  grid->Cell("geomean");
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const BenchstatSummary& summary = table.summaries[c];
    if (summary.geomean.has_value()) {
      grid->Column(Start(c));
      const double mean = *summary.geomean;
      grid->Cell(Scale(std::span<const double>(&mean, 1), binary).Format(mean), Align::kRight);
    }
    if (c > 0) {
      grid->Column(Start(c) + kCenterColumns);
      if (summary.ratio.has_value()) {
        grid->Cell(GoFixed((*summary.ratio - 1) * 100, 2, true) + "%", Align::kRight);
      } else {
        grid->Cell("?");
      }
    }
    grid->Column(Start(c + 1) - 1);
    grid->Cell(footnotes->Mark(summary.notes));
  }
}

}  // namespace

std::string BenchstatText(const Sheet& sheet, const result::Units& units,
                          const BenchstatOptions& options) {
  std::string out;
  const SheetTable* previous = nullptr;
  for (const SheetTable* sheet_table : sheet.Tables()) {
    if (previous != nullptr) out += '\n';
    for (const std::string& key : ChangedKeys(sheet, *sheet_table, previous)) {
      absl::StrAppend(&out, key, "\n");
    }
    previous = sheet_table;
    const BenchstatTable table = MakeBenchstatTable(sheet, *sheet_table, units, options);
    const bool binary = IsBinary(table.unit);
    Grid grid;
    Footnotes footnotes;
    AddHeader(sheet, table, &grid);
    for (size_t row = 0; row < table.rows.size(); ++row) {
      AddRow(sheet, table, row, binary, &grid, &footnotes);
    }
    if (table.rows.size() > 1) AddSummary(table, binary, &grid, &footnotes);
    absl::StrAppend(&out, grid.Render(), footnotes.Render());
  }
  return out;
}

}  // namespace tare::table
