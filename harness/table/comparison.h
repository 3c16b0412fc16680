// SPDX-License-Identifier: Apache-2.0
// The comparisons of a sheet: each cell against the first of its row, with tests and verdicts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "result/unit.h"
#include "stat/median.h"
#include "stat/warning.h"
#include "table/sheet.h"

namespace tare::table {

struct CompareOptions {
  double alpha = 0.05;       // how often a report of no changes may call one
  double confidence = 0.95;  // of the intervals
  double margin = 0.05;      // two times are the same if shown to differ by less than this fraction
  bool exact_only = false;   // leave the tables of units that are samples out
  bool nothing = false;      // leave all tables out
  // Whether the k-th values of two samples of one size are a pair, taken in the same round.
  enum class Pairs { kAuto, kAlways, kNever } pairs = Pairs::kAuto;  // kAuto: within one run
};

// Where the values of a cell come from: what finds its floor and its pairs.
struct Origin {
  Symbol name = 0;             // the whole name of the first result
  Symbol file = 0;             // its value of .file
  Symbol run = 0;              // the file, or the run in turn that several files are of
  bool several_files = false;  // another result of the cell has another
};
using Origins = absl::flat_hash_map<uint64_t, Origin>;  // by CellId
uint64_t CellId(Key row, Key column);

struct CellSummary {
  const SheetCell* cell = nullptr;
  double center = 0;                       // the median; of exact units the value
  std::optional<stat::Interval> interval;  // of the median, nothing where the values are too few
  stat::Interval range;                    // smallest and largest value
  bool unstable = false;                   // an exact unit, and the values differ
  bool mixed = false;  // results that differ in what no projection names: of no use in a comparison
  // Of a variant whose floor was measured in the same file: its ratio to the floor, the median over
  // the rounds where both have them, and what it weighs itself: gross less floor.
  std::optional<double> floor_ratio;
  std::optional<double> tare;
  bool weighed_in_rounds =
      true;  // false: by the medians, for it is not known which rounds are which
};

enum class Outcome : uint8_t {
  kChanged,
  kSame,        // of times: shown to be, within `within`; of exact units: equal
  kCannotTell,  // `detectable`, or `least` where not even that
  kUnstable,    // of an exact unit whose values differ
  kMixed,       // one of the cells is: nothing was tested
  kCounted,     // one value each of what is counted once: no sample, and nothing to test
};

struct Comparison {
  size_t row = 0, column = 0, base = 0;  // indices in the table
  bool paired = false;
  size_t pairs = 0;  // that were compared, where it is
  // Nothing of exact units: there is nothing to test.
  std::optional<double> p;
  double adjusted_p = 1;  // by Holm, over the whole report
  double least_p = 1;     // that these values could have given, whatever their order
  bool counted = false;   // by Holm's correction: the least p could be called in this report
  stat::Warning warning = stat::Warning::kNone;
  // p and intervals are those of the normal distribution: the samples are too large to count.
  bool approximate = false;
  // Hodges-Lehmann estimate of the ratio to the base and its interval; of exact units the quotient.
  // Nothing where a value is not positive: then there is only `difference`.
  std::optional<double> ratio;
  std::optional<stat::Interval> interval;
  bool rejects_one = false;  // p is at most 1 - confidence: an end that is 1 is not in the interval
  double difference = 0;     // of the centres
  Outcome outcome = Outcome::kCannotTell;
  double within = 0;  // kSame: the ratio lies that near to 1
  // kCannotTell: a change of this fraction would have been seen, or, where there is no ratio, a
  // difference of this size.
  std::optional<double> detectable, detectable_difference;
  // kCannotTell, without either: the least number of values a side (of pairs) that could show one,
  // if they do not tie and no test of the report has fewer.
  size_t least = 0;
  // kChanged: 1 for better, -1 for worse, 0 where the unit does not say which is which.
  int better = 0;
};

// A cell without a value where its row has one in another column. A column without a name, as that
// of floors beside backends, lacks nothing, and what stands in it alone is missing nowhere.
struct Missing {
  size_t row = 0, column = 0;  // indices in the table
  bool gone = false;           // an earlier column has the row
};

struct ComparedTable {
  const SheetTable* sheet = nullptr;
  std::string unit;
  bool exact = false;
  std::vector<Key> rows;
  std::vector<Key> columns;
  std::vector<std::optional<CellSummary>> cells;  // row by row
  std::vector<Comparison> comparisons;            // row by row, then by column
  std::vector<Missing> missing;                   // likewise

  const std::optional<CellSummary>& At(size_t row, size_t column) const {
    return cells[row * columns.size() + column];
  }
};

struct Report {
  std::vector<ComparedTable> tables;
  size_t tests = 0;  // that Holm's correction counts
};

// What the comparisons of a report came to, each in one of the first four.
struct Tally {
  size_t changed = 0, same = 0, unknown = 0;
  size_t counted_once = 0;  // nothing is said of them
  size_t worse = 0;         // of those that changed
  size_t gone = 0;          // rows that a later column does not have any more
  size_t incomplete = 0;    // rows that some column does not have
  size_t added = 0;         // rows that an earlier column does not have yet
};
Tally TallyOf(const Report& report);

// A cell of which it is known that nothing was measured.
struct Absent {
  Key row = 0, column = 0;
};

// The base of a row is its first column that was measured. A column without any result is there
// where a row of the table is `absent` from it, or where it is a file that another table has.
// `sheet` must outlive the report.
Report CompareAll(const Sheet& sheet, const Symbols& symbols, const Origins& origins,
                  const std::vector<Absent>& absent, const result::Units& units,
                  const CompareOptions& options);

}  // namespace tare::table
