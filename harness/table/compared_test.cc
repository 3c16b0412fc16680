// SPDX-License-Identifier: Apache-2.0
// What a report compares with what: bases, pairs, floors, exact units, and which way is better.
#include "table/comparison.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "table/filter.h"
#include "table/projection.h"
#include "table/rounds.h"

namespace tare::table {
namespace {

class ComparedTest : public testing::Test {
 protected:
  ComparedTest() { Columns(".file"); }

  // By what columns are told apart; the row is the rest of the name.
  void Columns(const std::string& expression) {
    origins_.clear();
    projections_ = std::make_unique<Projections>(&symbols_);
    tables_ = *projections_->Parse("goos", &filter_, true);
    columns_ = *projections_->Parse(expression, &filter_);
    rows_ = *projections_->Parse(".fullname", &filter_);
    residue_ = projections_->Residue();
    sheet_ = std::make_unique<Sheet>(tables_.get(), rows_.get(), columns_.get(), residue_.get());
  }

  void Add(const std::string& file, const std::string& name, const std::vector<double>& values,
           const std::string& unit = "ns/op") {
    ResultLine line = LineOf(file, name);
    for (const double value : values) {
      line.values = {{value, symbols_.Intern(unit), 0}};
      sheet_->Add(line);
    }
    const Origin origin = {symbols_.Intern(name), symbols_.Intern(file), symbols_.Intern(file),
                           false};
    origins_.try_emplace(CellId(rows_->Of(line), columns_->Of(line)), origin);
  }

  // A line of that benchmark whose values could not be read.
  void AddHole(const std::string& file, const std::string& name) {
    ResultLine line = LineOf(file, name);
    line.values = {{0, symbols_.Intern("ns/op"), 0}};
    sheet_->AddHole(line);
  }

  void Say(const std::string& unit, const std::string& key, const std::string& value) {
    EXPECT_EQ(units_.Set(unit, key, value), "");
  }

  Report Compare(const CompareOptions& options = {}) {
    return CompareAll(*sheet_, symbols_, origins_, {}, units_, options);
  }
  // Of a report that has one.
  Comparison OnlyOne(const CompareOptions& options = {}) {
    const Report report = Compare(options);
    EXPECT_EQ(report.tables.size(), 1u);
    EXPECT_EQ(report.tables.at(0).comparisons.size(), 1u);
    return report.tables.at(0).comparisons.at(0);
  }

  ResultLine LineOf(const std::string& file, const std::string& name) {
    ResultLine line;
    line.name = name;
    const Symbol label = symbols_.Intern(file);
    line.source = label;
    line.config.push_back({symbols_.Intern(".file"), label, false});
    return line;
  }

  Symbols symbols_;
  Filter filter_ = *Filter::Parse("*", &symbols_);
  std::unique_ptr<Projections> projections_;
  std::unique_ptr<Projection> tables_, rows_, columns_, residue_;
  std::unique_ptr<Sheet> sheet_;
  Origins origins_;
  result::Units units_;
};

TEST_F(ComparedTest, TheBaseIsTheFirstColumnThatWasMeasured) {
  Add("a", "B", {1}, "allocs/op");
  Add("b", "A", {1}, "allocs/op");
  Add("c", "A", {2}, "allocs/op");
  Add("d", "A", {2}, "allocs/op");
  const Report report = Compare();
  const std::vector<Comparison>& comparisons = report.tables.at(0).comparisons;
  ASSERT_EQ(comparisons.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(comparisons[i].base, 1u);
    EXPECT_EQ(comparisons[i].column, 2 + i);
    EXPECT_EQ(comparisons[i].outcome, Outcome::kChanged);
    EXPECT_EQ(*comparisons[i].ratio, 2);
  }
}

TEST_F(ComparedTest, BetterIsWhatTheUnitSays) {
  Add("a", "A", {4}, "allocs/op");
  Add("b", "A", {5}, "allocs/op");
  EXPECT_EQ(OnlyOne().better, -1);
  Columns(".file");
  Say("hits", "assume", "exact");
  Say("hits", "better", "higher");
  Add("a", "A", {4}, "hits");
  Add("b", "A", {5}, "hits");
  EXPECT_EQ(OnlyOne().better, 1);
  Columns(".file");
  Say("apples", "assume", "exact");
  Add("a", "A", {4}, "apples");
  Add("b", "A", {5}, "apples");
  EXPECT_EQ(OnlyOne().better, 0) << "nobody says";
}

// From nothing to something there is no ratio, and it is a change all the same.
TEST_F(ComparedTest, FromNothingIsWorseWithoutARatio) {
  Add("a", "A", {0}, "allocs/op");
  Add("b", "A", {1}, "allocs/op");
  const Comparison comparison = OnlyOne();
  EXPECT_EQ(comparison.outcome, Outcome::kChanged);
  EXPECT_FALSE(comparison.ratio.has_value());
  EXPECT_EQ(comparison.difference, 1);
  EXPECT_EQ(comparison.better, -1);
}

TEST_F(ComparedTest, AnExactValueThatDiffersIsUnstableOnEitherSide) {
  Say("allocs/op", "assume", "exact");
  Add("a", "A", {1}, "allocs/op");
  Add("b", "A", {1, 2}, "allocs/op");
  EXPECT_EQ(OnlyOne().outcome, Outcome::kUnstable);
  Columns(".file");
  Add("a", "A", {1, 2}, "allocs/op");
  Add("b", "A", {1}, "allocs/op");
  EXPECT_EQ(OnlyOne().outcome, Outcome::kUnstable);
}

// Of another's program, which says nothing of the unit, it may be a sample.
TEST_F(ComparedTest, AKnownUnitOfWhichNothingIsSaidIsExactUnlessItDiffers) {
  Add("a", "A", {1, 1}, "allocs/op");
  Add("b", "A", {2, 2}, "allocs/op");
  EXPECT_TRUE(Compare().tables.at(0).exact);
  Add("b", "A", {3}, "allocs/op");
  EXPECT_FALSE(Compare().tables.at(0).exact);
}

TEST_F(ComparedTest, OneValueEachOfWhatIsCountedOnceIsNoSample) {
  Add("a", "A", {6}, "syscalls/op");
  Add("b", "A", {7}, "syscalls/op");
  EXPECT_EQ(OnlyOne().outcome, Outcome::kCounted);
  Add("b", "A", {8}, "syscalls/op");
  EXPECT_EQ(OnlyOne().outcome, Outcome::kCannotTell) << "two values are a sample";
}

TEST_F(ComparedTest, WhatIsNotPositiveHasNoRatio) {
  Add("a", "A", {1, 2, 3, 4, 5, 6}, "X");
  Add("b", "A", {0, 7, 8, 9, 10, 11}, "X");
  const Comparison comparison = OnlyOne();
  EXPECT_FALSE(comparison.ratio.has_value());
  EXPECT_FALSE(comparison.interval.has_value());
  EXPECT_EQ(comparison.difference, 8.5 - 3.5);
}

// Rounds of one run are pairs; those of two files are none, unless they are of a run in turn.
TEST_F(ComparedTest, PairsAreOfOneRun) {
  const std::vector<double> base = {10, 20, 30, 40, 50, 60}, now = {11, 21, 31, 41, 51, 61};
  Add("a", "A", base);
  Add("b", "A", now);
  EXPECT_FALSE(OnlyOne().paired);
  CompareOptions always;
  always.pairs = CompareOptions::Pairs::kAlways;
  EXPECT_TRUE(OnlyOne(always).paired);
  for (auto& [id, origin] : origins_) origin.run = symbols_.Intern("in turn");
  EXPECT_TRUE(OnlyOne().paired);
  origins_.begin()->second.run = symbols_.Intern("another run");
  EXPECT_FALSE(OnlyOne().paired);
  Columns("/backend");
  Add("a", "A/backend=epoll", base);
  Add("a", "A/backend=poll", now);
  EXPECT_TRUE(OnlyOne().paired);
  EXPECT_EQ(OnlyOne().pairs, 6u);
  CompareOptions never;
  never.pairs = CompareOptions::Pairs::kNever;
  EXPECT_FALSE(OnlyOne(never).paired);
  for (auto& [id, origin] : origins_) origin.several_files = true;
  EXPECT_FALSE(OnlyOne().paired);
}

TEST_F(ComparedTest, ARoundWithAHoleIsNoPair) {
  Columns("/backend");
  Add("a", "A/backend=epoll", {10});
  AddHole("a", "A/backend=epoll");
  Add("a", "A/backend=epoll", {30});
  Add("a", "A/backend=poll", {11, 22, 33});
  const SheetTable& table = *sheet_->Tables().at(0);
  const Key row = sheet_->RowsOf(table).at(0);
  const std::vector<Key> backends = sheet_->ColumnsOf(table);
  const auto sides =
      InRounds(*table.Find(row, backends.at(0)), *table.Find(row, backends.at(1)), true);
  ASSERT_TRUE(sides.has_value());
  EXPECT_EQ(sides->base, (std::vector<double>{10, 30}));
  EXPECT_EQ(sides->values, (std::vector<double>{11, 33}));
}

TEST_F(ComparedTest, WhereNothingCouldBeReadThereIsNoCell) {
  Add("a", "A", {1});
  AddHole("b", "A");
  const SheetTable& table = *sheet_->Tables().at(0);
  const std::vector<Key> files = sheet_->ColumnsOf(table);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(table.Find(sheet_->RowsOf(table).at(0), files[1]), nullptr);
}

TEST_F(ComparedTest, ACellKnowsWhereItsFilesChange) {
  Columns("/backend");
  Add("a", "A/backend=epoll", {1, 2});
  Add("b", "A/backend=epoll", {3, 4});
  Add("a", "A/backend=epoll", {5});
  const std::vector<SheetCell::Change> changes = {{2, symbols_.Intern("b")},
                                                  {4, symbols_.Intern("a")}};
  EXPECT_EQ(sheet_->Tables().at(0)->cells.at(0).changes, changes);
}

// A least p of just alpha can be called, and is corrected for.
TEST_F(ComparedTest, ATestThatCanJustBeCalledCounts) {
  Columns("/backend");
  Add("a", "A/backend=epoll", {10, 20, 30, 40, 50, 60});
  Add("a", "A/backend=poll", {11, 22, 33, 44, 55, 67});
  CompareOptions options;
  options.alpha = 2.0 / 64;
  const Report report = Compare(options);
  EXPECT_EQ(report.tests, 1u);
  EXPECT_EQ(report.tables.at(0).comparisons.at(0).outcome, Outcome::kChanged);
}

TEST_F(ComparedTest, AFloorIsOfItsQuestionAndItsFile) {
  Add("a", "A/variant=floor/size=8", {2}, "allocs/op");
  Add("a", "A/variant=baseline/backend=epoll/size=8", {6}, "allocs/op");
  Add("a", "A/variant=baseline/backend=epoll/size=9", {7}, "allocs/op");
  Add("b", "A/variant=baseline/backend=epoll/size=8", {8}, "allocs/op");
  const Report report = Compare();
  const ComparedTable& table = report.tables.at(0);
  ASSERT_EQ(table.rows.size(), 3u);
  ASSERT_TRUE(table.At(1, 0)->tare.has_value());
  EXPECT_EQ(*table.At(1, 0)->tare, 4);
  EXPECT_EQ(*table.At(1, 0)->floor_ratio, 3);
  EXPECT_FALSE(table.At(2, 0)->tare.has_value()) << "another question";
  EXPECT_FALSE(table.At(1, 1)->tare.has_value()) << "another file";
}

TEST_F(ComparedTest, AFloorOfNothingHasNoRatio) {
  Add("a", "A/variant=floor", {0}, "allocs/op");
  Add("a", "A/variant=baseline/backend=epoll", {6}, "allocs/op");
  const Report report = Compare();
  const CellSummary& cell = *report.tables.at(0).At(1, 0);
  EXPECT_EQ(*cell.tare, 6);
  EXPECT_FALSE(cell.floor_ratio.has_value());
}

TEST_F(ComparedTest, WhatALaterColumnLacksIsGone) {
  Add("a", "A", {1}, "allocs/op");
  Add("b", "B", {1}, "allocs/op");
  Add("b", "A", {1}, "allocs/op");
  Add("c", "A", {1}, "allocs/op");
  const Report report = Compare();
  const std::vector<Missing>& missing = report.tables.at(0).missing;
  ASSERT_EQ(missing.size(), 2u);  // of B: a does not have it yet, c does not have it any more
  EXPECT_FALSE(missing[0].gone);
  EXPECT_TRUE(missing[1].gone);
  const Tally tally = TallyOf(report);
  EXPECT_EQ(tally.gone, 1u);
  EXPECT_EQ(tally.added, 1u);
  EXPECT_EQ(tally.incomplete, 1u);
  EXPECT_EQ(tally.same, 2u);
}

}  // namespace
}  // namespace tare::table
