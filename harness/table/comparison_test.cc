// SPDX-License-Identifier: Apache-2.0
// How many values would have done, where too few were taken: held against trying each number.
#include "table/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "table/filter.h"
#include "table/projection.h"
#include "table/sheet.h"
#include "table/symbols.h"

namespace tare::table {
namespace {

using Pairs = CompareOptions::Pairs;

// Files `old` and `new` with the values of each row.
struct TwoSides {
  std::vector<double> old_values, new_values;
};

class Reports {
 public:
  explicit Reports(const std::vector<TwoSides>& rows, Pairs pairs) {
    Sheet sheet(tables_.get(), rows_.get(), columns_.get(), residue_.get());
    for (size_t i = 0; i < rows.size(); ++i) {
      for (const bool is_new : {false, true}) {
        for (const double value : is_new ? rows[i].new_values : rows[i].old_values) {
          ResultLine line;
          line.name = absl::StrCat("Row", i);
          line.config.push_back(
              {symbols_.Intern(".file"), symbols_.Intern(is_new ? "new" : "old"), false});
          line.values.push_back({value, symbols_.Intern("ns/op"), 0});
          sheet.Add(line);
          origins_.try_emplace(
              CellId(rows_->Of(line), columns_->Of(line)),
              Origin{symbols_.Intern(line.name), line.config[0].value, line.config[0].value});
        }
      }
    }
    CompareOptions options;
    options.pairs = pairs;
    const Report report = CompareAll(sheet, symbols_, origins_, {}, units_, options);
    for (const ComparedTable& table : report.tables) {
      for (const Comparison& comparison : table.comparisons) comparisons_.push_back(comparison);
    }
  }

  const std::vector<Comparison>& comparisons() const { return comparisons_; }

 private:
  Symbols symbols_;
  Filter filter_ = *Filter::Parse("*", &symbols_);
  Projections projections_{&symbols_};
  std::unique_ptr<Projection> tables_ = *projections_.Parse("pkg", &filter_, true);
  std::unique_ptr<Projection> rows_ = *projections_.Parse(".fullname", &filter_);
  std::unique_ptr<Projection> columns_ = *projections_.Parse(".file", &filter_);
  std::unique_ptr<Projection> residue_ = projections_.Residue(true);
  Origins origins_;
  result::Units units_;
  std::vector<Comparison> comparisons_;
};

// `n` values a side, all different, that do not overlap, or that alternate.
TwoSides Apart(size_t n) {
  TwoSides sides;
  for (size_t i = 0; i < n; ++i) {
    sides.old_values.push_back(100 + 0.01 * static_cast<double>(i));
    sides.new_values.push_back(200 + 0.03 * static_cast<double>(i));
  }
  return sides;
}
TwoSides Mixed(size_t n) {
  TwoSides sides;
  for (size_t i = 0; i < n; ++i) {
    const double up = i % 2 == 0 ? 1 : -1, size = 1 + 0.01 * static_cast<double>(i);
    sides.old_values.push_back(100 + up * size);
    sides.new_values.push_back(100 - up * size * 1.001);
  }
  return sides;
}

// One row that differs as much as it can among `others`, each with `n` values a side at least.
bool IsCalled(size_t n, const std::vector<size_t>& others, Pairs pairs) {
  std::vector<TwoSides> rows = {Apart(n)};
  for (const size_t other : others) rows.push_back(Mixed(std::max(other, n)));
  return Reports(rows, pairs).comparisons()[0].outcome == Outcome::kChanged;
}

size_t LeastByTrying(const std::vector<size_t>& others, Pairs pairs) {
  for (size_t n = 1;; ++n) {
    if (IsCalled(n, others, pairs)) return n;
  }
}

TEST(ComparisonTest, SoManyAsCouldIsTheLeastNumberThatCan) {
  for (const Pairs pairs : {Pairs::kNever, Pairs::kAlways}) {
    for (const size_t rows : {1, 2, 3, 5, 7, 13, 20, 40}) {
      for (const size_t enough : {0, 1, 4}) {  // rows that have values enough
        std::vector<size_t> others(rows - 1, 3);
        for (size_t i = 0; i < std::min(enough, others.size()); ++i) others[i] = 12;
        std::vector<TwoSides> sides = {Apart(3)};
        for (const size_t other : others) sides.push_back(Mixed(other));
        const Comparison few = Reports(sides, pairs).comparisons()[0];
        EXPECT_EQ(few.outcome, Outcome::kCannotTell);
        ASSERT_FALSE(few.detectable.has_value());
        EXPECT_EQ(few.least, LeastByTrying(others, pairs))
            << rows << " rows, " << enough << " of them with 12 values";
      }
    }
  }
}

// 13 rows of three values each: with four a side every p would be too large for Holm's correction.
TEST(ComparisonTest, NobodyMeasuresOneRowAloneAgain) {
  const std::vector<TwoSides> sides(13, Apart(3));
  EXPECT_EQ(Reports(sides, Pairs::kNever).comparisons()[5].least, 6u);
}

}  // namespace
}  // namespace tare::table
