// SPDX-License-Identifier: Apache-2.0
// One table of a sheet with the numbers and notes that benchstat gives it; written as text and CSV.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "result/unit.h"
#include "table/sheet.h"

namespace tare::table {

struct BenchstatOptions {
  double alpha = 0.05;
  double confidence = 0.95;
};

struct BenchstatCell {
  double center = 0;
  std::string percent;             // how far the interval reaches: "2%", "∞", "?"
  std::vector<std::string> notes;  // of the sample, then of its interval
  // Against the first column of the table, where that has a cell too.
  bool has_base = false;
  std::string delta;  // "+1.25%", "~", "?"
  std::string test;   // "p=0.008 n=5"
  std::vector<std::string> test_notes;
};

struct BenchstatSummary {
  std::optional<double> geomean;
  std::optional<double> ratio;  // to the first column
  std::vector<std::string> notes;
};

struct BenchstatTable {
  std::string unit;
  std::vector<Key> rows;
  std::vector<Key> columns;
  std::vector<std::optional<BenchstatCell>> cells;  // row by row
  std::vector<BenchstatSummary> summaries;          // a column each

  const std::optional<BenchstatCell>& At(size_t row, size_t column) const {
    return cells[row * columns.size() + column];
  }
};

BenchstatTable MakeBenchstatTable(const Sheet& sheet, const SheetTable& table,
                                  const result::Units& units, const BenchstatOptions& options);

// All tables. Notes are footnotes in the text; of CSV they go, with the name of their cell, to
// `notes`.
std::string BenchstatText(const Sheet& sheet, const result::Units& units,
                          const BenchstatOptions& options);
std::string BenchstatCsv(const Sheet& sheet, const result::Units& units,
                         const BenchstatOptions& options, std::string* notes);

// The keys of the table that differ from those of `previous` (null: all), as "key: value".
std::vector<std::string> ChangedKeys(const Sheet& sheet, const SheetTable& table,
                                     const SheetTable* previous);

}  // namespace tare::table
