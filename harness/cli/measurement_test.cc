// SPDX-License-Identifier: Apache-2.0
// Rows of two builds side by side, whose turn it is, and when the machine disturbed the times.
#include "cli/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tare::cli {
namespace {

using testing::HasSubstr;

ListedRow Listed(const std::string& name, const std::string& absent = "") {
  return {name, name, true, absent};
}

TEST(SideBySideTest, RowsOfBothHaveOneOrderAndWhatOneLacksIsAbsentInBoth) {
  const Builds builds = SideBySide(
      {"x", "base/bench_x"}, {Listed("B"), Listed("A"), Listed("Old"), Listed("C", "no")},
      {"x", "now/bench_x"}, {Listed("A"), Listed("New"), Listed("B"), Listed("C")});
  const std::vector<std::pair<std::string, std::string>> want = {
      {"A", ""},
      {"New", "the base build does not have it"},
      {"B", ""},
      {"C", "in the base build: no"},
      {"Old", "only the base build has it"}};
  for (const Build& build : builds) {
    ASSERT_EQ(build.rows.size(), want.size()) << build.label;
    for (size_t i = 0; i < want.size(); ++i) {
      EXPECT_EQ(build.rows[i].name, want[i].first) << build.label;
      EXPECT_EQ(build.rows[i].absent, want[i].second) << build.label;
    }
  }
}

// Of a process for several rows, the other build must have one for the same rows.
TEST(SideBySideTest, RowsThatShareANameInOneBuildAreApartInBoth) {
  std::vector<ListedRow> twice = {Listed("A"), Listed("A#01"), Listed("B")};
  twice[1].gbench_name = "A";
  twice[0].shares_gbench_name = twice[1].shares_gbench_name = true;
  const std::vector<ListedRow> once = {Listed("A"), Listed("B")};
  for (const auto& [base, now] : {std::pair(twice, once), std::pair(once, twice)}) {
    const Builds builds = SideBySide({"x", "base/bench_x"}, base, {"x", "now/bench_x"}, now);
    for (const Build& build : builds) {
      for (const ListedRow& row : build.rows) EXPECT_EQ(row.apart, row.name != "B") << row.name;
    }
  }
}

// Where the first build changed together with the way that rows run, one would always come after
// the row before, and the other after the row behind.
TEST(BuildOfTurnTest, EachComesFirstAsOftenOnEitherWay) {
  for (const int round : {0, 1, 2, 3}) EXPECT_NE(BuildOfTurn(0, round), BuildOfTurn(1, round));
  for (const int way : {0, 1}) {
    EXPECT_EQ(RoundOrder(2, way), RoundOrder(2, way + 2));
    EXPECT_NE(BuildOfTurn(0, way), BuildOfTurn(0, way + 2));
    EXPECT_EQ(BuildOfTurn(0, way), BuildOfTurn(0, way + 4));
  }
}

TEST(DisturbancesTest, AreSaidOfRowsThatWaitInHalfOfTheirRounds) {
  SuiteRecord suite;
  suite.load = "load 2.00 before, 3.00 after";
  suite.rows.resize(3);
  suite.rows[0].listed = Listed("Quiet");
  suite.rows[0].waited = {0.01, 0.9, 0.02};
  suite.rows[1].listed = Listed("Waits");
  suite.rows[1].waited = {0.5, 0.4, 0.01};
  suite.rows[2].listed = Listed("Unknown");
  EXPECT_THAT(Disturbances(suite),
              HasSubstr("warning: 1 of 3 rows waited for a CPU more than 10 % of their time, Waits "
                        "most (40 %): that time is in ns/op and not in cpu/op. Something else ran "
                        "on their CPUs (load 2.00 before, 3.00 after)"));
  suite.rows[1].waited = {0.09, 0.09};
  EXPECT_EQ(Disturbances(suite), "");
  suite.stolen = 0.031;
  EXPECT_THAT(Disturbances(suite), HasSubstr("the hypervisor took 3.1 % of the CPU time"));
}

}  // namespace
}  // namespace tare::cli
