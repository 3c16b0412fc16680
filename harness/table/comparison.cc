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

Scaled ScaledOf(const SheetCell& base, const SheetCell& cell) {
  if (!AllPositive(base.values) || !AllPositive(cell.values)) {
    return {base.values, cell.values, false};
  }
  return {Logarithms(base.values), Logarithms(cell.values), true};
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
    for (const SheetTable* table : sheet_.Tables()) {
      if (options_.exact_only && !units_.IsExact(std::string(sheet_.UnitOf(*table)))) continue;
      report.tables.push_back(Summarize(*table));
    }
    std::vector<double> p;
    for (ComparedTable& table : report.tables) {
      for (Comparison& comparison : table.comparisons) {
        Test(table, &comparison);
        if (comparison.p.has_value()) p.push_back(*comparison.p);
      }
    }
    report.tests = p.size();
    const std::vector<double> adjusted = stat::HolmAdjusted(p);
    size_t next = 0;
    for (ComparedTable& table : report.tables) {
      for (Comparison& comparison : table.comparisons) {
        if (comparison.p.has_value()) comparison.adjusted_p = adjusted[next++];
        Judge(table, report.tests, &comparison);
      }
    }
    return report;
  }

 private:
  ComparedTable Summarize(const SheetTable& sheet_table) {
    ComparedTable table;
    table.sheet = &sheet_table;
    table.unit = std::string(sheet_.UnitOf(sheet_table));
    table.exact = units_.IsExact(table.unit);
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
    if (columns.size() > measured) sheet_.columns().Sort(&columns);
    return columns;
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
    const Values& base = floor.cell->values;
    const Values& gross = cell->cell->values;
    if (!exact && base.size() == gross.size()) {
      cell->tare = stat::Median(Differences(base, gross));
      if (!AllPositive(base)) return;
      Values ratios;
      for (size_t i = 0; i < base.size(); ++i) ratios.push_back(gross[i] / base[i]);
      cell->floor_ratio = stat::Median(ratios);
      return;
    }
    cell->tare = cell->center - floor.center;
    if (floor.center > 0) cell->floor_ratio = cell->center / floor.center;
  }

  bool ArePairs(const SheetCell& base, const SheetCell& cell) const {
    if (base.values.size() != cell.values.size()) return false;
    if (options_.pairs != CompareOptions::Pairs::kAuto) {
      return options_.pairs == CompareOptions::Pairs::kAlways;
    }
    const Origin& one = origins_.at(CellId(base.row, base.column));
    const Origin& other = origins_.at(CellId(cell.row, cell.column));
    return one.file == other.file && !one.several_files && !other.several_files;
  }

  void Test(const ComparedTable& table, Comparison* comparison) const {
    const CellSummary& base = *table.At(comparison->row, comparison->base);
    const CellSummary& cell = *table.At(comparison->row, comparison->column);
    comparison->difference = cell.center - base.center;
    if (table.exact || base.mixed || cell.mixed) return;
    comparison->paired = ArePairs(*base.cell, *cell.cell);
    if (!comparison->paired) {
      const stat::RankSum test = stat::RankSumTest(base.cell->values, cell.cell->values);
      comparison->p = test.p;
      comparison->warning = test.warning;
      return;
    }
    const Scaled scaled = ScaledOf(*base.cell, *cell.cell);
    const stat::SignedRank test = stat::SignedRankTest(Differences(scaled.base, scaled.values));
    comparison->p = test.p;
    comparison->warning = test.warning;
  }

  void Judge(const ComparedTable& table, size_t tests, Comparison* comparison) const {
    const CellSummary& base = *table.At(comparison->row, comparison->base);
    const CellSummary& cell = *table.At(comparison->row, comparison->column);
    if (base.mixed || cell.mixed) {
      comparison->outcome = Outcome::kMixed;
    } else if (table.exact) {
      JudgeExact(base, cell, comparison);
    } else {
      JudgeSamples(*base.cell, *cell.cell, tests, comparison);
    }
    if (comparison->outcome != Outcome::kChanged) return;
    const result::Better better = BetterOf(table.unit);
    if (better == result::Better::kUnknown) return;
    const bool up =
        comparison->ratio.has_value() ? *comparison->ratio > 1 : comparison->difference > 0;
    comparison->better = up == (better == result::Better::kHigher) ? 1 : -1;
  }

  // As the files say; of the units that tare itself writes less is better in any case.
  result::Better BetterOf(const std::string& name) const {
    const result::Unit* unit = units_.Find(name);
    if (unit != nullptr && unit->better() != result::Better::kUnknown) return unit->better();
    return result::IsKnownUnit(name) ? result::Better::kLower : result::Better::kUnknown;
  }

  static void JudgeExact(const CellSummary& base, const CellSummary& cell, Comparison* comparison) {
    if (base.center > 0) comparison->ratio = cell.center / base.center;
    comparison->outcome = base.unstable || cell.unstable ? Outcome::kUnstable
                          : base.center == cell.center   ? Outcome::kSame
                                                         : Outcome::kChanged;
  }

  void JudgeSamples(const SheetCell& base, const SheetCell& cell, size_t tests,
                    Comparison* comparison) const {
    const Scaled scaled = ScaledOf(base, cell);
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
    const double level = options_.alpha / static_cast<double>(tests);
    const stat::Shift shift = ShiftOf(scaled, comparison->paired, 1 - level);
    if (shift.interval.has_value()) {
      if (scaled.logarithmic) {
        comparison->detectable =
            stat::DetectableChange(std::exp(shift.estimate), *RatioInterval(shift));
      } else {
        comparison->detectable_difference =
            std::max(shift.estimate - shift.interval->low, shift.interval->high - shift.estimate);
      }
      return;
    }
    comparison->least = 1;
    while (comparison->least < kMostAskedFor &&
           (comparison->paired
                ? stat::LeastSignedRankP(comparison->least)
                : stat::LeastRankSumP(comparison->least, comparison->least)) > level) {
      ++comparison->least;
    }
  }

  const Sheet& sheet_;
  const Symbols& symbols_;
  const Origins& origins_;
  const std::vector<Absent>& absent_;
  const result::Units& units_;
  const CompareOptions& options_;
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
