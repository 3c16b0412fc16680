// SPDX-License-Identifier: Apache-2.0
// Keys, their order and their text; syntax errors with their place; what a sheet makes of results.
#include "table/projection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "table/filter.h"
#include "table/order.h"
#include "table/sheet.h"

namespace tare::table {
namespace {

class ProjectionTest : public testing::Test {
 protected:
  // A result with configuration; `.file` is no part of .config.
  ResultLine Line(const std::string& name,
                  const std::vector<std::pair<std::string, std::string>>& c, double value = 1) {
    ResultLine line;
    line.name = name;
    for (const auto& [key, text] : c) {
      line.config.push_back({symbols_.Intern(key), symbols_.Intern(text), key != ".file"});
    }
    line.values.push_back({value, symbols_.Intern("ns/op"), 0});
    return line;
  }

  // The texts of the keys of these names, sorted.
  std::string SortedText(const std::string& expression, const std::vector<std::string>& names) {
    auto projection = projections_.Parse(expression, &filter_);
    if (!projection.ok()) return std::string(projection.status().message());
    std::vector<Key> keys;
    for (const std::string& name : names) {
      ResultLine line = Line(name, {});
      if (filter_.Apply(&line)) keys.push_back((*projection)->Of(line));
    }
    (*projection)->Sort(&keys);
    return absl::StrJoin(keys, ",",
                         [&](std::string* out, Key key) { *out += (*projection)->Text(key); });
  }

  Symbols symbols_;
  Filter filter_ = *Filter::Parse("*", &symbols_);
  Projections projections_{&symbols_};
};

TEST_F(ProjectionTest, OrdersOfValues) {
  const std::vector<std::string> names = {"A/s=1Ki", "A/s=64", "A/s=x", "A/s=1k", "A/s=2"};
  EXPECT_EQ(SortedText("/s", names), "1Ki,64,x,1k,2");
  EXPECT_EQ(SortedText("/s@alpha", names), "1Ki,1k,2,64,x");
  EXPECT_EQ(SortedText("/s@num", names), "2,64,1k,1Ki,x");
  EXPECT_EQ(SortedText("/s@(2 64)", names), "2,64");
}

TEST_F(ProjectionTest, NumbersCompareWithTheirPrefixes) {
  EXPECT_LT(CompareNumeric("2M", "1G"), 0);
  EXPECT_GT(CompareNumeric("1KiB", "1000"), 0);
  EXPECT_LT(CompareNumeric("10", "nan"), 0);
  EXPECT_LT(CompareNumeric("10", "ten"), 0);
  EXPECT_EQ(CompareNumeric("nine", "ten"), 0);
  EXPECT_LT(CompareAlpha("10", "9"), 0);
}

TEST_F(ProjectionTest, WhatOneNamesLeavesTheOthers) {
  auto rows = projections_.Parse(".fullname", &filter_);
  auto columns = projections_.Parse("/backend,goos", &filter_);
  auto tables = projections_.Parse(".config", &filter_);
  ASSERT_TRUE(rows.ok() && columns.ok() && tables.ok());
  const ResultLine line =
      Line("Echo/backend=epoll/size=64-8", {{"goos", "linux"}, {"cpu", "x"}, {".file", "f"}});
  EXPECT_EQ((*rows)->Text((*rows)->Of(line)), "Echo/size=64-8");
  EXPECT_EQ((*columns)->NamedText((*columns)->Of(line)), "/backend:epoll goos:linux");
  EXPECT_EQ((*tables)->NamedText((*tables)->Of(line)), "cpu:x");
}

TEST_F(ProjectionTest, ErrorsShowThePlace) {
  const auto error = [&](const std::string& expression) { return SortedText(expression, {}); };
  EXPECT_EQ(error("/s@up"), "syntax error: unknown order \"up\"\n\t/s@up\n\t   ^");
  EXPECT_EQ(error("a,,b"), "syntax error: expected key\n\ta,,b\n\t  ^");
  EXPECT_EQ(error("a@()"), "syntax error: nothing to match\n\ta@()\n\t   ^");
  EXPECT_EQ(error("a@(x"), "syntax error: missing )\n\ta@(x\n\t    ^");
  EXPECT_EQ(error("a@"),
            "syntax error: expected named sort order or parenthesized list\n\ta@\n\t  ^");
  EXPECT_EQ(error(".unit"), "syntax error: .unit is only allowed in filters\n\t.unit\n\t^");
  EXPECT_EQ(error(".config@(a)"),
            "syntax error: fixed order not allowed for .config\n\t.config@(a)\n\t        ^");
}

TEST_F(ProjectionTest, ASheetKeepsRoundsInOrderAndSaysWhatVaries) {
  auto tables = projections_.Parse("goos", &filter_, true);
  auto rows = projections_.Parse(".name", &filter_);
  auto columns = projections_.Parse(".file", &filter_);
  ASSERT_TRUE(tables.ok() && rows.ok() && columns.ok());
  const auto residue = projections_.Residue();
  Sheet sheet(tables->get(), rows->get(), columns->get(), residue.get());
  sheet.Add(Line("A/x=1", {{".file", "old"}, {"cpu", "i"}}, 3));
  sheet.Add(Line("A/x=2", {{".file", "old"}, {"cpu", "j"}}, 1));
  sheet.Add(Line("A/x=1", {{".file", "new"}, {"cpu", "i"}}, 2));
  ASSERT_EQ(sheet.Tables().size(), 1u);
  const SheetTable& table = *sheet.Tables()[0];
  EXPECT_EQ(sheet.UnitOf(table), "ns/op");
  ASSERT_EQ(sheet.RowsOf(table).size(), 1u);
  const std::vector<Key> files = sheet.ColumnsOf(table);
  ASSERT_EQ(files.size(), 2u);
  const SheetCell* old_cell = table.Find(sheet.RowsOf(table)[0], files[0]);
  ASSERT_NE(old_cell, nullptr);
  EXPECT_EQ(old_cell->values, (std::vector<double>{3, 1}));
  EXPECT_EQ(absl::StrJoin(sheet.VaryingIn(*old_cell), " "), "cpu .fullname");
  EXPECT_TRUE(sheet.VaryingIn(*table.Find(sheet.RowsOf(table)[0], files[1])).empty());
}

// A key that comes later does not change the keys that were, nor does a line that lacks it keep it.
TEST_F(ProjectionTest, ALineHasNothingOfTheOneBefore) {
  auto tables = projections_.Parse(".config", &filter_);
  ASSERT_TRUE(tables.ok());
  const ResultLine plain = Line("A", {{"goos", "linux"}});
  const ResultLine more = Line("A", {{"goos", "linux"}, {"cpu", "x"}});
  const Key first = (*tables)->Of(plain);
  EXPECT_EQ((*tables)->NamedText((*tables)->Of(more)), "goos:linux cpu:x");
  EXPECT_EQ((*tables)->Of(plain), first);
  EXPECT_EQ((*tables)->NamedText(first), "goos:linux");
}

TEST_F(ProjectionTest, AFilterKeepsTheUnitsThatMatchByEitherName) {
  // Of 1 sec/op, read as ns/op, and 2 B/op: what is left, as a sum.
  const auto kept = [&](const std::string& query) {
    ResultLine line = Line("A", {});
    line.values = {{1, symbols_.Intern("sec/op"), symbols_.Intern("ns/op")},
                   {2, symbols_.Intern("B/op"), 0}};
    const bool any = Filter::Parse(query, &symbols_)->Apply(&line);
    EXPECT_EQ(any, !line.values.empty()) << query;
    double sum = 0;
    for (const Measurement& value : line.values) sum += value.value;
    return sum;
  };
  EXPECT_EQ(kept(".unit:ns/op"), 1);
  EXPECT_EQ(kept(".unit:sec/op"), 1);
  EXPECT_EQ(kept("-.unit:ns/op"), 2);
  EXPECT_EQ(kept(".unit:ns/op OR .unit:B/op"), 3);
  EXPECT_EQ(kept(".unit:ns/op .unit:B/op"), 0);
  EXPECT_EQ(kept(".name:A .unit:B/op"), 2);
}

TEST_F(ProjectionTest, ThousandsOfTermsAreNoLevels) {
  std::string query = "*";
  for (int i = 0; i < 3000; ++i) query += " OR a:b";
  EXPECT_TRUE(Filter::Parse(query, &symbols_).ok());
}

// Each level is a call: a stack that overflows would be no answer.
TEST(FilterTest, DeepNestingIsRefused) {
  Symbols symbols;
  const auto filter = Filter::Parse(std::string(100000, '(') + "*", &symbols);
  ASSERT_FALSE(filter.ok());
  EXPECT_NE(filter.status().message().find("nested too deeply"), absl::string_view::npos);
}

}  // namespace
}  // namespace tare::table
