// SPDX-License-Identifier: Apache-2.0
// What the table shows of a row; the whole table is compared in the end-to-end test.
#include "cli/suite_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tare::cli {
namespace {

using State = RowRecord::State;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(FormatExactTest, AFractionIsNeverRoundedAway) {
  EXPECT_EQ(FormatExact(0, 1000), "0");
  EXPECT_EQ(FormatExact(3, 1000), "3");
  EXPECT_EQ(FormatExact(0.001, 1000), "0.001 = 1/1000");
  EXPECT_EQ(FormatExact(1000001.0 / 1000000, 1000000), "1 = 1000001/1000000");
  EXPECT_EQ(FormatExact(7.0 / 3, 3), "2.33333 = 7/3");
  EXPECT_EQ(FormatExact(0.3333, 3), "0.3333");  // no total over 3 operations: all digits
}

RowRecord Row(const std::string& name, std::vector<double> ns) {
  RowRecord row;
  row.listed.name = name;
  for (const double x : ns) row.rounds.push_back({name, 500, {{x, "ns/op"}}});
  return row;
}

std::string Render(std::vector<RowRecord> rows, int rounds) {
  SuiteRecord suite;
  suite.rows = std::move(rows);
  Plan plan;
  plan.rounds = rounds;
  return RenderSuiteTable(suite, plan);
}

// The words of the line that starts with these words.
std::string Line(const std::string& table, const std::string& begin) {
  const size_t at = table.find("  " + begin);
  return at == std::string::npos ? "" : table.substr(at + 2, table.find('\n', at) - at - 2);
}

TEST(SuiteTableTest, ARatioIsOfTheSameRound) {
  const std::string table = Render({Row("S/variant=floor", {100, 200, 400}),
                                    Row("S/variant=reference/backend=epoll", {150, 300, 600})},
                                   3);
  EXPECT_THAT(Line(table, "reference"), HasSubstr("1.500"));
}

TEST(SuiteTableTest, TheFloorOfAnotherQuestionIsNoFloor) {
  const std::string table = Render({Row("S/variant=floor/size=64", {100}),
                                    Row("S/variant=reference/backend=epoll/size=512", {150})},
                                   1);
  EXPECT_THAT(Line(table, "reference"), ::testing::MatchesRegex("reference +epoll +150( +-)+"));
}

TEST(SuiteTableTest, AFailedFloorGivesNoRatio) {
  RowRecord floor = Row("S/variant=floor", {});
  floor.state = State::kFailed;
  floor.reason = "round 1 of 1: hung";
  const std::string table = Render({floor, Row("S/variant=reference/backend=epoll", {150})}, 1);
  EXPECT_THAT(Line(table, "floor"), HasSubstr("FAILED: round 1 of 1: hung"));
  EXPECT_THAT(Line(table, "reference"), Not(HasSubstr(".")));
}

TEST(SuiteTableTest, RowsOfOneQuestionStandTogether) {
  const std::string table =
      Render({Row("S/variant=floor/size=1", {1}), Row("S/variant=floor/size=2", {2}),
              Row("S/variant=x/backend=b/mode=m/size=1", {3})},
             1);
  EXPECT_LT(table.find("x        b m"), table.find("S/size=2"));
}

TEST(SuiteTableTest, SmallTimesKeepTheirDigits) {
  EXPECT_THAT(Render({Row("S/variant=a", {0.789})}, 1), HasSubstr("  0.79  "));
  EXPECT_THAT(Render({Row("S/variant=a", {12.34})}, 1), HasSubstr("  12.3  "));
}

TEST(SuiteTableTest, ATimeThatBurnsACpuShowsIt) {
  RowRecord row = Row("S/variant=a", {100, 110, 120});
  const double cpu[] = {200, 230, 220};
  for (size_t i = 0; i < 3; ++i) row.rounds[i].values.push_back({cpu[i], "cpu-ns/op"});
  EXPECT_THAT(Line(Render({row}, 3), "a "), ::testing::MatchesRegex("a +110( +-)+ +220( +-)+"));
}

TEST(SuiteTableTest, SystemCallsAreASample) {
  const auto cell = [](double per_op) {
    RowRecord row = Row("S/variant=a", {100});
    row.counts = result::Row{"S/variant=a", 1024, {{per_op, "syscalls/op"}}};
    const std::string line = Line(Render({row}, 1), "a ");
    return line.substr(line.find_first_not_of(" -", line.find("100") + 3));
  };
  EXPECT_THAT(cell(4), ::testing::StartsWith("4  "));
  EXPECT_THAT(cell(4.03125), ::testing::StartsWith("4.03  "));
  EXPECT_THAT(cell(0.0009765625), ::testing::StartsWith("0.000977  ")) << "few, and not none";
  EXPECT_THAT(cell(2005.5), ::testing::StartsWith("2006  "));
}

TEST(SuiteTableTest, TheBenchmarksOwnCountersAreColumns) {
  RowRecord row = Row("BM_Copy/64", {100, 110, 120});
  const double rates[] = {2.0e9, 2.1e9, 2.5e9};
  for (size_t i = 0; i < 3; ++i) {
    row.rounds[i].values.push_back({rates[i], "bytes_per_second"});
    if (i > 0) row.rounds[i].values.push_back({0.25, "misses"});
  }
  const std::string table = Render({row, Row("BM_Other", {5, 5, 5})}, 3);
  EXPECT_THAT(table, HasSubstr("B/op  bytes_per_second  misses\n"));
  EXPECT_THAT(Line(table, "BM_Copy"),
              ::testing::MatchesRegex("BM_Copy/64 +110 +- +- +- +- +2.1G +0.25"));
  EXPECT_THAT(Line(table, "BM_Other"), ::testing::MatchesRegex("BM_Other +5.00( +-)+"));
  EXPECT_THAT(table, HasSubstr("the benchmarks' own counters"));
  EXPECT_THAT(Render({Row("BM_Other", {5})}, 1), Not(HasSubstr("own counters")));
}

// Where no row accounts for a library there is nothing of it to be seen.
TEST(SuiteTableTest, WhatSplitsAllocationsHasColumnsWhereARowHasIt) {
  RowRecord apart = Row("S/variant=a", {100}), together = Row("S/variant=b", {100});
  together.counts = result::Row{"S/variant=b", 8, {{2, "allocs/op"}, {96, "B/op"}}};
  EXPECT_THAT(Render({together}, 1), Not(AnyOf(HasSubstr("own-"), HasSubstr("lib-"))));
  apart.counts = together.counts;
  for (const auto& [value, unit] :
       {std::pair(0.125, "own-allocs/op"), {1.875, "lib-allocs/op"}, {1, "own-B/op"}}) {
    apart.counts->values.push_back({value, unit});
  }
  const std::string table = Render({apart, together}, 1);
  EXPECT_THAT(table, HasSubstr("allocs/op  B/op  own-allocs/op  lib-allocs/op  own-B/op\n"));
  EXPECT_THAT(Line(table, "a "),
              ::testing::ContainsRegex(" 2 +96 +0.125 = 1/8 +1.875 = 15/8 +1 *$"));
  EXPECT_THAT(Line(table, "b "), ::testing::ContainsRegex(" 2 +96 +- +- +- *$"));
  EXPECT_THAT(table, HasSubstr("own-, lib-: of those, ours and a library's.\n"));
}

TEST(SuiteTableTest, FitsANarrowTerminal) {
  SuiteRecord suite;
  suite.rows = {
      Row("S/variant=floor", std::vector<double>(9, 1000)),
      Row("S/variant=hand_loop/backend=io_uring/mode=recv_many", std::vector<double>(9, 1100)),
      Row("S/variant=reference/backend=io_uring/mode=recv_many", std::vector<double>(9, 1200))};
  suite.rows[1].state = State::kFailed;
  suite.rows[1].reason = "round 1 of 9: killed by a signal after it had printed a lot of nothing";
  for (const size_t width : {80u, 60u, 40u}) {
    const std::string table = RenderSuiteTable(suite, Plan{}, width);
    for (size_t begin = 0; begin < table.size();) {
      const size_t end = table.find('\n', begin);
      EXPECT_LE(end - begin, width) << table;
      begin = end + 1;
    }
    EXPECT_THAT(table, HasSubstr("1.200"));
  }
  EXPECT_THAT(RenderSuiteTable(suite, Plan{}), HasSubstr("[1.200, 1.200]"));
}

TEST(SuiteTableTest, AnyBenchmarkHasALine) {
  EXPECT_THAT(Render({Row("BM_Strcpy/64", {5})}, 1), HasSubstr("\n  BM_Strcpy/64   5.00"));
}

}  // namespace
}  // namespace tare::cli
