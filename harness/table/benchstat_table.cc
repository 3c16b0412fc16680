// SPDX-License-Identifier: Apache-2.0
// Summaries, comparisons and geometric means in the words of benchstat.
#include "table/benchstat_table.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "stat/ascending.h"
#include "stat/benchstat.h"
#include "stat/exact.h"
#include "table/go_text.h"
#include "table/tidy_unit.h"

namespace tare::table {
namespace {

using Sample = std::vector<double>;  // ascending

int Sign(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

std::string Percent(double center, double low, double high) {
  if (std::isinf(low) || std::isinf(high)) return "\u221E";
  if (std::isnan(low) || std::isnan(high) || Sign(center) != Sign(low) ||
      Sign(center) != Sign(high)) {
    return "?";
  }
  if (center == 0) return "0%";
  return GoFixed(100 * std::max(high / center - 1, 1 - low / center), 0) + "%";
}

std::string PercentChange(double ratio) {
  return GoFixed((ratio - 1) * 100, 2, true) + "%";
}

class Maker {
 public:
  Maker(const Sheet& sheet, const SheetTable& table, const result::Units& units,
        const BenchstatOptions& options)
      : sheet_(sheet),
        table_(table),
        options_(options),
        // What is known of a unit is known by its tidy name, though 0 and infinity kept their own.
        exact_(units.IsExact(Tidy(sheet.UnitOf(table)).unit)),
        least_for_interval_(stat::BenchstatLeastForInterval(options.confidence)),
        least_for_test_(stat::BenchstatLeastForTest(options.alpha)) {}

  BenchstatTable Make() {
    BenchstatTable out;
    out.unit = std::string(sheet_.UnitOf(table_));
    out.rows = sheet_.RowsOf(table_);
    out.columns = sheet_.ColumnsOf(table_);
    out.cells.resize(out.rows.size() * out.columns.size());
    for (size_t r = 0; r < out.rows.size(); ++r) {
      Sample base;
      const BenchstatCell* base_cell = nullptr;
      for (size_t c = 0; c < out.columns.size(); ++c) {
        const SheetCell* cell = table_.Find(out.rows[r], out.columns[c]);
        if (cell == nullptr) continue;
        Sample sample = cell->values;
        std::sort(sample.begin(), sample.end(), stat::Ascending);
        BenchstatCell& made = out.cells[r * out.columns.size() + c].emplace();
        Summarize(*cell, sample, &made);
        if (c == 0) {
          base = std::move(sample);
          base_cell = &made;
        } else if (base_cell != nullptr) {
          Compare(base, base_cell->center, sample, &made);
        }
      }
    }
    for (size_t c = 0; c < out.columns.size(); ++c) out.summaries.push_back(SummaryOf(out, c));
    return out;
  }

 private:
  void Summarize(const SheetCell& cell, const Sample& sample, BenchstatCell* made) const {
    if (const std::vector<std::string> varying = sheet_.VaryingIn(cell); !varying.empty()) {
      made->notes.push_back("benchmarks vary in " + absl::StrJoin(varying, ", "));
    }
    double low = sample.front(), high = sample.back();
    if (exact_) {
      const stat::ExactValue exact = stat::SummarizeExact(sample);
      made->center = exact.value;
      if (exact.warning != stat::Warning::kNone) {
        made->notes.push_back(absl::StrCat("exact distribution expected, but values range from ",
                                           GoFloat(low), " to ", GoFloat(high)));
      }
    } else {
      made->center = stat::BenchstatMedian(sample);
      const stat::BenchstatRanks ranks =
          stat::BenchstatMedianRanks(sample.size(), options_.confidence);
      low = ranks.low == 0 ? -INFINITY : sample[ranks.low - 1];
      high = ranks.high > sample.size() ? INFINITY : sample[ranks.high - 1];
      if (std::isinf(low) || std::isinf(high)) {
        made->notes.push_back(absl::StrCat("need ", AtLeast(least_for_interval_, 50),
                                           " samples for confidence interval at level ",
                                           GoFloat(options_.confidence)));
      }
    }
    made->percent = Percent(made->center, low, high);
  }

  static std::string AtLeast(size_t least, size_t tried) {
    return least > 0 ? absl::StrCat(">= ", least) : absl::StrCat("> ", tried);
  }

  void Compare(const Sample& base, double base_center, const Sample& sample,
               BenchstatCell* made) const {
    made->has_base = true;
    double p = 0, alpha = 0;
    if (!exact_) {
      alpha = options_.alpha;
      const stat::BenchstatTest test = stat::BenchstatUTest(base, sample);
      p = test.error.empty() ? test.p : 1;
      const size_t least = least_for_test_ > 0 ? least_for_test_ : 10;
      if (!test.error.empty()) {
        made->test_notes.emplace_back(test.error);
      } else if (p > alpha && base.size() < least && sample.size() < least) {
        made->test_notes.push_back(absl::StrCat("need ", AtLeast(least_for_test_, 10),
                                                " samples to detect a difference at alpha level ",
                                                GoFloat(alpha)));
      }
    }
    made->delta = p > alpha                     ? "~"
                  : base_center == made->center ? "0.00%"
                  : base_center == 0            ? "?"
                                                : PercentChange(made->center / base_center);
    if (p != 0) made->test = "p=" + GoFixed(p, 3) + " ";
    absl::StrAppend(&made->test, "n=", base.size());
    if (base.size() != sample.size()) absl::StrAppend(&made->test, "+", sample.size());
  }

  static BenchstatSummary SummaryOf(const BenchstatTable& table, size_t column) {
    std::vector<double> centers, ratios;
    size_t bases = 0;
    bool from_zero = false;
    for (size_t r = 0; r < table.rows.size(); ++r) {
      const std::optional<BenchstatCell>& base = table.At(r, 0);
      bases += base.has_value() ? 1 : 0;
      const std::optional<BenchstatCell>& cell = table.At(r, column);
      if (!cell.has_value()) continue;
      centers.push_back(cell->center);
      if (!cell->has_base) continue;
      if (cell->center == base->center) {
        ratios.push_back(1);  // 0 to 0 too
      } else {
        from_zero = from_zero || base->center == 0;
        ratios.push_back(base->center == 0 ? 0 : cell->center / base->center);
      }
    }
    BenchstatSummary summary;
    if (column > 0 && bases != ratios.size()) {
      summary.notes.push_back(
          "benchmark set differs from baseline; geomeans may not be comparable");
    }
    if (const double mean = stat::BenchstatGeomean(centers); std::isnan(mean)) {
      summary.notes.push_back("summaries must be >0 to compute geomean");
    } else {
      summary.geomean = mean;
    }
    if (column > 0 && !from_zero) {
      if (const double mean = stat::BenchstatGeomean(ratios); std::isnan(mean)) {
        summary.notes.push_back("ratios must be >0 to compute geomean");
      } else {
        summary.ratio = mean;
      }
    }
    return summary;
  }

  const Sheet& sheet_;
  const SheetTable& table_;
  const BenchstatOptions& options_;
  const bool exact_;
  const size_t least_for_interval_;
  const size_t least_for_test_;
};

}  // namespace

BenchstatTable MakeBenchstatTable(const Sheet& sheet, const SheetTable& table,
                                  const result::Units& units, const BenchstatOptions& options) {
  return Maker(sheet, table, units, options).Make();
}

std::vector<std::string> ChangedKeys(const Sheet& sheet, const SheetTable& table,
                                     const SheetTable* previous) {
  std::vector<std::string> changed;
  for (const Dimension* dimension : sheet.tables().Dimensions()) {
    if (dimension->name == ".unit") continue;  // the table says it itself
    const absl::string_view value = sheet.tables().Value(table.key, *dimension);
    if (previous == nullptr || sheet.tables().Value(previous->key, *dimension) != value) {
      changed.push_back(absl::StrCat(dimension->name, ": ", value));
    }
  }
  return changed;
}

}  // namespace tare::table
