// SPDX-License-Identifier: Apache-2.0
// Goes through the comparisons once, then through what is missing.
#include "cli/fail_on.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/printable.h"
#include "result/number.h"
#include "result/words.h"

namespace tare::cli {
namespace {

using table::ComparedTable;
using table::Comparison;
using table::Outcome;

constexpr char kHowToFailOn[] = "'worse' or 'worse:PERCENT' is expected, such as worse:5";

class Judgement {
 public:
  Judgement(const table::Sheet& sheet, const EmptyReasons& reasons, const FailOn& fail_on)
      : sheet_(sheet), reasons_(reasons), fail_on_(fail_on) {}

  FailOnVerdict Of(const table::Report& report) {
    for (const ComparedTable& table : report.tables) {
      for (const Comparison& comparison : table.comparisons) Judge(table, comparison);
      for (const table::Missing& missing : table.missing) {
        if (missing.gone) NotJudged(table, missing.row, missing.column, Gone(table, missing));
      }
    }
    for (const ComparedTable& table : report.tables) {
      for (const ComparedTable& other : report.tables) FindUnitsGone(table, other);
    }
    if (judged_ == 0 && verdict_.not_judged.empty()) {
      verdict_.not_judged.emplace_back("nothing was compared that could have been worse");
    }
    verdict_.passed = absl::StrCat(result::CountOf(judged_, "comparison"), " judged");
    if (bluntest_.has_value()) {
      absl::StrAppend(&verdict_.passed, "; the bluntest could see a change of ",
                      result::Rounded(*bluntest_ * 100, 3), " % (", blunt_name_, ")");
    }
    return std::move(verdict_);
  }

 private:
  std::string Row(const ComparedTable& table, size_t row) const {
    return Printable(KeyText(sheet_.rows(), table.rows[row]));
  }
  std::string Column(const ComparedTable& table, size_t column) const {
    return Quoted(KeyText(sheet_.columns(), table.columns[column]));
  }
  std::string Name(const ComparedTable& table, size_t row, size_t column) const {
    return Name(table, row, Column(table, column));
  }
  std::string Name(const ComparedTable& table, size_t row, const std::string& column) const {
    return absl::StrCat(Row(table, row), " in ", column, ": ", Printable(table.unit));
  }
  void NotJudged(const ComparedTable& table, size_t row, size_t column, const std::string& why) {
    verdict_.not_judged.push_back(absl::StrCat(Name(table, row, column), ": ", why));
  }

  std::string Gone(const ComparedTable& table, const table::Missing& missing) const {
    const auto reason =
        reasons_.find(table::CellId(table.rows[missing.row], table.columns[missing.column]));
    return reason == reasons_.end() ? "the row is gone" : "the row is gone: " + reason->second;
  }

  // Columns that `table` does not have at all, for no row of theirs has its unit: rows of it that
  // they have in the unit of `other`.
  void FindUnitsGone(const ComparedTable& table, const ComparedTable& other) {
    if (table.unit == other.unit || !DifferInUnitAlone(table, other)) return;
    for (size_t c = 0; c < other.columns.size(); ++c) {
      const table::Key column = other.columns[c];
      if (sheet_.columns().Text(column).empty() ||
          std::find(table.columns.begin(), table.columns.end(), column) != table.columns.end()) {
        continue;
      }
      for (size_t r = 0; r < table.rows.size(); ++r) {
        const auto row = std::find(other.rows.begin(), other.rows.end(), table.rows[r]);
        const auto at = static_cast<size_t>(row - other.rows.begin());
        if (row == other.rows.end() || !other.At(at, c).has_value()) continue;
        if (!HasBefore(table, r, column) || !gone_.emplace(table.sheet->key, r, column).second)
          continue;
        verdict_.not_judged.push_back(Name(table, r, Quoted(KeyText(sheet_.columns(), column))) +
                                      ": the unit is gone");
      }
    }
  }

  bool DifferInUnitAlone(const ComparedTable& table, const ComparedTable& other) const {
    const std::vector<const table::Dimension*> dimensions = sheet_.tables().Dimensions();
    return std::all_of(dimensions.begin(), dimensions.end() - 1, [&](const auto* dimension) {
      return sheet_.tables().Value(table.sheet->key, *dimension) ==
             sheet_.tables().Value(other.sheet->key, *dimension);
    });
  }

  // Whether the row has a value in a column that has a name and comes before this one.
  bool HasBefore(const ComparedTable& table, size_t row, table::Key column) const {
    for (size_t c = 0; c < table.columns.size(); ++c) {
      if (!table.At(row, c).has_value() || sheet_.columns().Text(table.columns[c]).empty()) {
        continue;
      }
      std::vector<table::Key> two{column, table.columns[c]};
      sheet_.columns().Sort(&two);
      if (two[1] == column) return true;
    }
    return false;
  }

  void Judge(const ComparedTable& table, const Comparison& comparison) {
    const size_t row = comparison.row, column = comparison.column;
    switch (comparison.outcome) {
      case Outcome::kCounted:  // one value each, of what scheduling moves
        return;
      case Outcome::kMixed:
      case Outcome::kUnstable:
        return NotJudged(table, row, column, VerdictText(table, comparison));
      case Outcome::kSame:
        ++judged_;
        return;
      case Outcome::kCannotTell:
        if (!comparison.detectable.has_value() && !comparison.detectable_difference.has_value()) {
          return NotJudged(table, row, column, VerdictText(table, comparison));
        }
        ++judged_;
        if (comparison.detectable.has_value() &&
            (!bluntest_.has_value() || *comparison.detectable > *bluntest_)) {
          bluntest_ = comparison.detectable;
          blunt_name_ = Name(table, row, column);
        }
        return;
      case Outcome::kChanged:
        break;
    }
    if (comparison.better == 0) {
      return NotJudged(table, row, column,
                       absl::StrCat("changed, and nobody says which way is good: a line 'Unit ",
                                    Printable(table.unit), " better=lower' or better=higher does"));
    }
    ++judged_;
    if (comparison.better > 0 || !IsBeyond(comparison)) return;
    verdict_.worse.push_back(
        absl::StrCat(Name(table, row, column), ": ", ChangeText(table, comparison)));
  }

  // Without a ratio (from nothing to something) there is no percentage to stay below.
  bool IsBeyond(const Comparison& comparison) const {
    if (!comparison.ratio.has_value()) return true;
    const bool up = *comparison.ratio > 1;
    double near_end = *comparison.ratio;
    if (comparison.interval.has_value()) {
      near_end = up ? comparison.interval->low : comparison.interval->high;
    }
    const double beyond = (up ? near_end - 1 : 1 - near_end) * 100;
    return fail_on_.percent == 0 || beyond > fail_on_.percent;
  }

  const table::Sheet& sheet_;
  const EmptyReasons& reasons_;
  const FailOn& fail_on_;
  FailOnVerdict verdict_;
  std::set<std::tuple<table::Key, size_t, table::Key>> gone_;  // table, row in it, column
  size_t judged_ = 0;
  std::optional<double> bluntest_;
  std::string blunt_name_;
};

}  // namespace

absl::StatusOr<FailOn> ParseFailOn(const std::string& text) {
  if (text.empty()) return FailOn{};
  absl::string_view rest = text;
  FailOn fail_on{true, 0};
  if (!absl::ConsumePrefix(&rest, "worse")) return absl::InvalidArgumentError(kHowToFailOn);
  if (rest.empty()) return fail_on;
  absl::ConsumeSuffix(&rest, "%");
  const bool is_number = absl::ConsumePrefix(&rest, ":") &&
                         result::ParseDouble(std::string_view(rest.data(), rest.size()),
                                             &fail_on.percent) == result::NumberError::kNone;
  if (!is_number || !(fail_on.percent >= 0 && fail_on.percent <= 1e6)) {
    return absl::InvalidArgumentError(kHowToFailOn);
  }
  return fail_on;
}

FailOnVerdict JudgeFailOn(const table::Sheet& sheet, const table::Report& report,
                          const EmptyReasons& reasons, const FailOn& fail_on) {
  return Judgement(sheet, reasons, fail_on).Of(report);
}

}  // namespace tare::cli
