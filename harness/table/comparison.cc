// SPDX-License-Identifier: Apache-2.0
// Two passes: all p values first, for Holm's correction needs them; then intervals and verdicts.
#include "table/comparison.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "stat/exact.h"
#include "stat/holm.h"
#include "stat/rank_sum.h"
#include "stat/shift.h"
#include "stat/signed_rank.h"
#include "stat/verdict.h"
#include "table/name.h"
#include "table/rounds.h"

namespace tare::table {
namespace {

using Values = std::vector<double>;

// More than anybody would measure: no sample is asked for beyond it.
constexpr size_t kMostAskedFor = 100;

bool AllPositive(const Values& values) {
  return std::all_of(values.begin(), values.end(),
                     [](double x) { return x > 0 && std::isfinite(x); });
}

Values Logarithms(const Values& values) {
  Values logs;
  logs.reserve(values.size());
  for (const double x : values) logs.push_back(std::log(x));
  return logs;
}

Values Differences(const Values& a, const Values& b) {
  Values differences;
  differences.reserve(a.size());
  for (size_t i = 0; i < a.size(); ++i) differences.push_back(b[i] - a[i]);
  return differences;
}

// What is compared: ratios where there are ratios, else differences.
struct Scaled {
  Values base;
  Values values;
  bool logarithmic = false;
};

Scaled ScaledOf(const Sides& sides) {
  if (!AllPositive(sides.base) || !AllPositive(sides.values)) {
    return {sides.base, sides.values, false};
  }
  return {Logarithms(sides.base), Logarithms(sides.values), true};
}

stat::Shift ShiftOf(const Scaled& scaled, bool paired, double confidence) {
  return paired ? stat::PairedShift(Differences(scaled.base, scaled.values), confidence)
                : stat::IndependentShift(scaled.base, scaled.values, confidence);
}

std::optional<stat::Interval> RatioInterval(const stat::Shift& shift) {
  if (!shift.interval.has_value()) return std::nullopt;
  return stat::Interval{std::exp(shift.interval->low), std::exp(shift.interval->high)};
}

class Comparer {
 public:
  Comparer(const Sheet& sheet, const Symbols& symbols, const Origins& origins,
           const std::vector<Absent>& absent, const result::Units& units,
           const CompareOptions& options)
      : sheet_(sheet),
        symbols_(symbols),
        origins_(origins),
        absent_(absent),
        units_(units),
        options_(options) {}

  Report Run() {
    Report report;
    FindFiles();
    for (const SheetTable* table : sheet_.Tables()) {
      if (options_.nothing || (options_.exact_only && !IsExact(*table))) continue;
      if (std::all_of(table->cells.begin(), table->cells.end(),
                      [](const SheetCell& cell) { return cell.values.empty(); })) {
        continue;  // all of it was refused
      }
      report.tables.push_back(Summarize(*table));
    }
    std::vector<Comparison*> tested;
    for (ComparedTable& table : report.tables) {
      for (Comparison& comparison : table.comparisons) {
        Test(table, &comparison);
        if (comparison.p.has_value()) tested.push_back(&comparison);
      }
    }
    report.tests = Correct(tested);
    for (ComparedTable& table : report.tables) {
      for (Comparison& comparison : table.comparisons) Judge(table, &comparison);
    }
    return report;
  }

 private:
  // The columns of the whole sheet, where files are what is compared.
  void FindFiles() {
    const std::vector<const Dimension*> dimensions = sheet_.columns().Dimensions();
    if (std::none_of(dimensions.begin(), dimensions.end(),
                     [](const Dimension* dimension) { return dimension->name == ".file"; })) {
      return;
    }
    for (const SheetTable* table : sheet_.Tables()) {
      for (const Key column : sheet_.ColumnsOf(*table)) {
        if (std::find(files_.begin(), files_.end(), column) == files_.end()) {
          files_.push_back(column);
        }
      }
    }
  }

  // Holm's correction of the tests that can be called at all; how many those are.
  size_t Correct(const std::vector<Comparison*>& tested) {
    std::vector<double> least, p;
    for (const Comparison* comparison : tested) {
      least.push_back(comparison->least_p);
      tests_.push_back({comparison->least_p, comparison->paired});
    }
    const double divisor = static_cast<double>(stat::TaroneDivisor(least, options_.alpha));
    for (Comparison* comparison : tested) {
      comparison->counted = comparison->least_p <= options_.alpha / divisor;
      comparison->adjusted_p = std::min(1.0, *comparison->p * divisor);  // above alpha if it is not
      if (comparison->counted) p.push_back(*comparison->p);
    }
    const std::vector<double> adjusted = stat::HolmAdjusted(p);
    size_t next = 0;
    for (Comparison* comparison : tested) {
      if (comparison->counted) comparison->adjusted_p = adjusted[next++];
    }
    level_ = options_.alpha / std::max(divisor, static_cast<double>(p.size() + 1));
    if (!p.empty()) level_of_counted_ = options_.alpha / static_cast<double>(p.size());
    return p.size();
  }

  // As the files say. Where they say nothing, a unit that tare knows to be exact is, unless values
  // of one cell differ: of another's programs it may be a sample.
  bool IsExact(const SheetTable& table) const {
    const std::string name(sheet_.UnitOf(table));
    const result::Unit* unit = units_.Find(name);
    if (unit != nullptr && unit->Find("assume") != nullptr) return units_.IsExact(name);
    return result::IsExactUnit(name) &&
           std::all_of(table.cells.begin(), table.cells.end(), [](const SheetCell& cell) {
             return std::all_of(cell.values.begin(), cell.values.end(),
                                [&](double x) { return x == cell.values.front(); });
           });
  }

  ComparedTable Summarize(const SheetTable& sheet_table) {
    ComparedTable table;
    table.sheet = &sheet_table;
    table.unit = std::string(sheet_.UnitOf(sheet_table));
    table.exact = IsExact(sheet_table);
    table.rows = sheet_.RowsOf(sheet_table);
    table.columns = ColumnsOf(sheet_table, table.rows);
    table.cells.resize(table.rows.size() * table.columns.size());
    for (size_t r = 0; r < table.rows.size(); ++r) {
      std::optional<size_t> base;
      for (size_t c = 0; c < table.columns.size(); ++c) {
        const SheetCell* cell = sheet_table.Find(table.rows[r], table.columns[c]);
        if (cell == nullptr) continue;
        table.cells[r * table.columns.size() + c] = SummaryOf(*cell, table.exact);
        if (base.has_value()) {
          Comparison comparison;
          comparison.row = r;
          comparison.column = c;
          comparison.base = *base;
          table.comparisons.push_back(comparison);
        } else {
          base = c;
        }
      }
    }
    WeighAgainstFloors(&table);
    table.missing = MissingIn(table);
    return table;
  }

  std::vector<Key> ColumnsOf(const SheetTable& sheet_table, const std::vector<Key>& rows) const {
    std::vector<Key> columns = sheet_.ColumnsOf(sheet_table);
    const size_t measured = columns.size();
    const absl::flat_hash_set<Key> of_table(rows.begin(), rows.end());
    for (const Absent& absent : absent_) {
      if (of_table.contains(absent.row) &&
          std::find(columns.begin(), columns.end(), absent.column) == columns.end()) {
        columns.push_back(absent.column);
      }
    }
    // A file that has none of the rows lacks them all.
    for (const Key file : files_) {
      if (std::find(columns.begin(), columns.end(), file) == columns.end()) columns.push_back(file);
    }
    if (columns.size() > measured) sheet_.columns().Sort(&columns);
    return columns;
  }

  std::vector<Missing> MissingIn(const ComparedTable& table) const {
    std::vector<Missing> missing;
    std::vector<bool> named;
    for (const Key column : table.columns) named.push_back(!sheet_.columns().Text(column).empty());
    for (size_t r = 0; r < table.rows.size(); ++r) {
      std::optional<size_t> first;
      for (size_t c = 0; c < table.columns.size() && !first.has_value(); ++c) {
        if (named[c] && table.At(r, c).has_value()) first = c;
      }
      if (!first.has_value()) continue;
      for (size_t c = 0; c < table.columns.size(); ++c) {
        if (named[c] && !table.At(r, c).has_value()) missing.push_back({r, c, c > *first});
      }
    }
    return missing;
  }

  CellSummary SummaryOf(const SheetCell& cell, bool exact) const {
    CellSummary summary;
    summary.cell = &cell;
    summary.mixed = !cell.other_residues.empty();
    if (exact) {
      const stat::ExactValue value = stat::SummarizeExact(cell.values);
      summary.center = value.value;
      summary.range = value.range;
      summary.unstable = value.warning != stat::Warning::kNone;
    } else {
      const auto [low, high] = std::minmax_element(cell.values.begin(), cell.values.end());
      summary.range = {*low, *high};
      summary.center = stat::Median(cell.values);
      summary.interval = stat::MedianInterval(cell.values, options_.confidence);
    }
    return summary;
  }

  // Which question the cell answers, in which file; as whom is in `variant`.
  struct Question {
    std::string name;
    Symbol file = 0;
    bool is_floor = false;
    bool is_variant = false;
  };

  Question QuestionOf(const SheetCell& cell) const {
    const Origin& origin = origins_.at(CellId(cell.row, cell.column));
    const absl::string_view name = symbols_.Text(origin.name);
    const absl::string_view variant = NameValue(name, "/variant");
    if (variant.empty()) return {};
    return {NameWithout(name, {"/variant", "/backend", "/mode"}), origin.file,
            variant == "floor" && NameValue(name, "/backend").empty(), true};
  }

  void WeighAgainstFloors(ComparedTable* table) const {
    absl::flat_hash_map<std::pair<std::string, Symbol>, const CellSummary*> floors;
    for (const std::optional<CellSummary>& cell : table->cells) {
      if (!cell.has_value() || cell->mixed) continue;
      Question question = QuestionOf(*cell->cell);
      if (question.is_floor) floors.emplace(std::pair(question.name, question.file), &*cell);
    }
    if (floors.empty()) return;
    for (std::optional<CellSummary>& cell : table->cells) {
      if (!cell.has_value() || cell->mixed) continue;
      const Question question = QuestionOf(*cell->cell);
      if (!question.is_variant) continue;
      const auto floor = floors.find(std::pair(question.name, question.file));
      if (floor != floors.end()) Weigh(*floor->second, table->exact, &*cell);
    }
  }

  static void Weigh(const CellSummary& floor, bool exact, CellSummary* cell) {
    if (!exact) {
      if (const std::optional<Sides> sides = InRounds(*floor.cell, *cell->cell, true)) {
        cell->tare = stat::Median(Differences(sides->base, sides->values));
        if (!AllPositive(sides->base)) return;
        Values ratios;
        for (size_t i = 0; i < sides->base.size(); ++i) {
          ratios.push_back(sides->values[i] / sides->base[i]);
        }
        cell->floor_ratio = stat::Median(ratios);
        return;
      }
      cell->weighed_in_rounds = false;
    }
    cell->tare = cell->center - floor.center;
    if (floor.center > 0) cell->floor_ratio = cell->center / floor.center;
  }

  // Nothing where values are not to be compared round by round, or cannot be.
  std::optional<Sides> PairsOf(const SheetCell& base, const SheetCell& cell) const {
    using Pairs = CompareOptions::Pairs;
    if (options_.pairs == Pairs::kNever) return std::nullopt;
    if (options_.pairs == Pairs::kAlways) return InRounds(base, cell, false);
    const Origin& one = origins_.at(CellId(base.row, base.column));
    const Origin& other = origins_.at(CellId(cell.row, cell.column));
    if (one.run != other.run || one.several_files || other.several_files) return std::nullopt;
    // A run in turn has a file for each column.
    const bool in_turn = one.run != one.file && base.changes.empty() && cell.changes.empty();
    return InRounds(base, cell, !in_turn);
  }

  void Test(const ComparedTable& table, Comparison* comparison) const {
    const CellSummary& base = *table.At(comparison->row, comparison->base);
    const CellSummary& cell = *table.At(comparison->row, comparison->column);
    comparison->difference = cell.center - base.center;
    if (base.mixed || cell.mixed) {
      comparison->outcome = Outcome::kMixed;
      return;
    }
    if (table.exact) return;
    if (base.cell->values.size() == 1 && cell.cell->values.size() == 1 &&
        result::IsCountedOnceUnit(table.unit)) {
      comparison->outcome = Outcome::kCounted;
      if (base.center > 0) comparison->ratio = cell.center / base.center;
      return;
    }
    const std::optional<Sides> pairs = PairsOf(*base.cell, *cell.cell);
    comparison->paired = pairs.has_value();
    if (pairs.has_value()) {
      const Scaled scaled = ScaledOf(*pairs);
      const stat::SignedRank test = stat::SignedRankTest(Differences(scaled.base, scaled.values));
      comparison->pairs = pairs->base.size();
      comparison->p = test.p;
      comparison->least_p = stat::LeastSignedRankP(test.pairs);
      comparison->warning = test.warning;
    } else {
      const stat::RankSum test = stat::RankSumTest(base.cell->values, cell.cell->values);
      comparison->p = test.p;
      comparison->least_p = stat::LeastRankSumP(base.cell->values, cell.cell->values);
      comparison->warning = test.warning;
    }
    comparison->approximate = comparison->warning == stat::Warning::kApproximate;
    comparison->rejects_one = *comparison->p <= 1 - options_.confidence;
  }

  void Judge(const ComparedTable& table, Comparison* comparison) {
    if (comparison->outcome != Outcome::kCannotTell) return;
    const CellSummary& base = *table.At(comparison->row, comparison->base);
    const CellSummary& cell = *table.At(comparison->row, comparison->column);
    if (table.exact) {
      JudgeExact(base, cell, comparison);
    } else {
      JudgeSamples(*base.cell, *cell.cell, comparison);
    }
    if (comparison->outcome != Outcome::kChanged) return;
    const result::Better better = BetterOf(table.unit);
    if (better == result::Better::kUnknown) return;
    const bool up =
        comparison->ratio.has_value() ? *comparison->ratio > 1 : comparison->difference > 0;
    comparison->better = up == (better == result::Better::kHigher) ? 1 : -1;
  }

  // As the files say; where they say nothing, as the unit's name does.
  result::Better BetterOf(const std::string& name) const {
    const result::Unit* unit = units_.Find(name);
    if (unit != nullptr && unit->better() != result::Better::kUnknown) return unit->better();
    return result::BetterByName(name);
  }

  static void JudgeExact(const CellSummary& base, const CellSummary& cell, Comparison* comparison) {
    if (base.center > 0) comparison->ratio = cell.center / base.center;
    comparison->outcome = base.unstable || cell.unstable ? Outcome::kUnstable
                          : base.center == cell.center   ? Outcome::kSame
                                                         : Outcome::kChanged;
  }

  void JudgeSamples(const SheetCell& base, const SheetCell& cell, Comparison* comparison) {
    const Scaled scaled =
        ScaledOf(comparison->paired ? *PairsOf(base, cell) : Sides{base.values, cell.values});
    std::optional<stat::Interval> equivalence;
    if (scaled.logarithmic) {
      const stat::Shift shift = ShiftOf(scaled, comparison->paired, options_.confidence);
      comparison->ratio = std::exp(shift.estimate);
      comparison->interval = RatioInterval(shift);
      if (comparison->adjusted_p > options_.alpha) {
        equivalence = RatioInterval(ShiftOf(scaled, comparison->paired, 1 - 2 * options_.alpha));
      }
    } else if (comparison->warning == stat::Warning::kAllEqual &&
               ShiftOf(scaled, comparison->paired, 1 - 2 * options_.alpha).interval.has_value()) {
      equivalence = stat::Interval{1, 1};
    }
    switch (stat::Judge(comparison->adjusted_p, options_.alpha, equivalence, options_.margin)) {
      case stat::Verdict::kChanged:
        comparison->outcome = Outcome::kChanged;
        return;
      case stat::Verdict::kSame:
        comparison->outcome = Outcome::kSame;
        comparison->within = stat::EquivalenceBound(*equivalence);
        return;
      case stat::Verdict::kCannotTell:
        break;
    }
    // At the level at which Holm's correction would accept this change as the only one.
    const double level = comparison->counted ? level_of_counted_ : level_;
    const stat::Shift shift = ShiftOf(scaled, comparison->paired, 1 - level);
    if (shift.interval.has_value() && comparison->counted) {
      if (scaled.logarithmic) {
        comparison->detectable =
            stat::DetectableChange(std::exp(shift.estimate), *RatioInterval(shift));
      } else {
        comparison->detectable_difference =
            std::max(shift.estimate - shift.interval->low, shift.interval->high - shift.estimate);
      }
      return;
    }
    std::optional<size_t>& least = least_[comparison->paired ? 1 : 0];
    if (!least.has_value()) least = LeastValues(comparison->paired);
    comparison->least = *least;
  }

  static double LeastP(bool paired, size_t n) {
    return paired ? stat::LeastSignedRankP(n) : stat::LeastRankSumP(n, n);
  }

  // The least number of values a side, or of pairs, with which one comparison can be called, if
  // every test of the report that has fewer is given as many: nobody measures one row alone again,
  // and Holm's correction counts each test that could be called.
  size_t LeastValues(bool paired) const {
    for (size_t n = 1; n < kMostAskedFor; ++n) {
      const double with_n[] = {LeastP(false, n), LeastP(true, n)};
      std::vector<double> least;
      for (const Tested& test : tests_) {
        least.push_back(std::min(test.least_p, with_n[test.paired ? 1 : 0]));
      }
      const auto divisor = static_cast<double>(stat::TaroneDivisor(least, options_.alpha));
      if (with_n[paired ? 1 : 0] <= options_.alpha / divisor) return n;
    }
    return kMostAskedFor;
  }

  const Sheet& sheet_;
  const Symbols& symbols_;
  const Origins& origins_;
  const std::vector<Absent>& absent_;
  const result::Units& units_;
  const CompareOptions& options_;
  std::vector<Key> files_;
  double level_ = 0;             // a test whose least p is above it cannot be called
  double level_of_counted_ = 0;  // at which one test alone is called
  struct Tested {
    double least_p;
    bool paired;
  };
  std::vector<Tested> tests_;       // of the whole report
  std::optional<size_t> least_[2];  // LeastValues of samples and of pairs, once known
};

}  // namespace

uint64_t CellId(Key row, Key column) {
  return static_cast<uint64_t>(row) << 32 | column;
}

Report CompareAll(const Sheet& sheet, const Symbols& symbols, const Origins& origins,
                  const std::vector<Absent>& absent, const result::Units& units,
                  const CompareOptions& options) {
  return Comparer(sheet, symbols, origins, absent, units, options).Run();
}

}  // namespace tare::table
