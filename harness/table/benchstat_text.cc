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
    grid->NextRow();
    for (size_t c = 0; c < begins.size();) {
      size_t end = c + 1;
      while (end < begins.size() && !begins[end]) ++end;
      grid->Put({Start(c), std::string(value(c)), Align::kCenter, kMargin, Start(end) - Start(c)});
      c = end;
    }
    grid->Put({right_edge, "", Align::kLeft, kLastMargin});
  }
  grid->NextRow();
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const size_t delta = Start(c) + kCenterColumns;
    grid->Put({Start(c), table.unit, Align::kCenter, kMargin, kCenterColumns});
    if (c > 0) grid->Put({delta, "vs base", Align::kLeft, "  ", kDeltaColumns});
    for (size_t i = Start(c) + 1; i < Start(c + 1); ++i) grid->KeepNarrow(i);
  }
  grid->Put({right_edge, "", Align::kLeft, kLastMargin});
}

void AddRow(const Sheet& sheet, const BenchstatTable& table, size_t row, bool binary, Grid* grid,
            Footnotes* footnotes) {
  grid->NextRow();
  grid->Put({0, sheet.rows().Text(table.rows[row])});
  std::vector<double> centers;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    if (table.At(row, c).has_value()) centers.push_back(table.At(row, c)->center);
  }
  const Scale scale(centers, binary);
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const std::optional<BenchstatCell>& cell = table.At(row, c);
    if (!cell.has_value()) continue;
    const size_t center = Start(c), delta = center + kCenterColumns;
    grid->Put({center, scale.Format(cell->center), Align::kRight});
    grid->Put({center + 1, cell->percent, Align::kRight, " \u00B1 "});
    grid->Put({center + 2, footnotes->Mark(cell->notes)});
    if (!cell->has_base) continue;
    grid->Put({delta, cell->delta, Align::kRight});
    grid->Put({delta + 1, "(" + cell->test + ")"});
    grid->Put({delta + 2, footnotes->Mark(cell->test_notes)});
  }
}

void AddSummary(const BenchstatTable& table, bool binary, Grid* grid, Footnotes* footnotes) {
  grid->NextRow();
  grid->Put({0, "geomean"});
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const BenchstatSummary& summary = table.summaries[c];
    if (summary.geomean.has_value()) {
      const double mean = *summary.geomean;
      grid->Put(
          {Start(c), Scale(std::span<const double>(&mean, 1), binary).Format(mean), Align::kRight});
    }
    if (c > 0) {
      const size_t delta = Start(c) + kCenterColumns;
      if (summary.ratio.has_value()) {
        grid->Put({delta, GoFixed((*summary.ratio - 1) * 100, 2, true) + "%", Align::kRight});
      } else {
        grid->Put({delta, "?"});
      }
    }
    grid->Put({Start(c + 1) - 1, footnotes->Mark(summary.notes)});
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
