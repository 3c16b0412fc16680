// SPDX-License-Identifier: Apache-2.0
// The layout of a result file, to the letter.
#include "cli/suite_results.h"

#include <gtest/gtest.h>

#include <string>

#include "result/write_text.h"

namespace tare::cli {
namespace {

using State = RowRecord::State;

RowRecord Measured(const std::string& name, double allocs, std::vector<double> ns) {
  RowRecord row;
  row.listed.name = name;
  row.counts = result::Row{name, 1000, {{allocs, "allocs/op"}}};
  for (const double x : ns) row.rounds.push_back({name, 500, {{x, "ns/op"}}});
  return row;
}

RowRecord Without(const std::string& name, State state, const std::string& reason) {
  RowRecord row;
  row.listed.name = name;
  row.state = state;
  row.reason = reason;
  return row;
}

SuiteRecord Example() {
  SuiteRecord suite;
  suite.program = {"x", "bench_x"};
  suite.rows = {Measured("A", 0, {5, 6}), Without("B", State::kFailed, "round 2 of 2: hung"),
                Measured("C", 0.001, {7, 8}), Without("D", State::kAbsent, "no such call")};
  suite.rows[0].unstable = "allocs/op 1/8 then 2/8";
  suite.rows[2].notes = {"label C: warm"};
  suite.config.Set("os", "linux");
  EXPECT_EQ(suite.units.Set("allocs/op", "assume", "exact"), "");
  suite.counts = "malloc+new";
  suite.rounds_done = 2;
  return suite;
}

Plan TwoRounds() {
  Plan plan;
  plan.rounds = 2;
  plan.min_time_seconds = 0.25;
  plan.place = {Placement::Rule::kByName, {0, 1}};
  return plan;
}

const Provenance kProvenance = {"1f2e3d4", "2026-11-21T10:00Z"};

TEST(SuiteResultsTest, CountsThenRoundsThenRemarks) {
  EXPECT_EQ(
      result::FormatText(SuiteResults(Example(), TwoRounds(), kProvenance)),
      "# tare 1 \u00B7 commit 1f2e3d4 \u00B7 2026-11-21T10:00Z \u00B7 counts malloc+new \u00B7 "
      "2 rounds of 0.25 s \u00B7 pinned to cpu 1\n"
      "os: linux\n"
      "Unit allocs/op assume=exact\n"
      "BenchmarkA 1000  0 allocs/op\n"
      "BenchmarkC 1000  0.001 allocs/op\n"
      "BenchmarkA 500  5 ns/op\n"
      "BenchmarkC 500  7 ns/op\n"
      "BenchmarkC 500  8 ns/op\n"
      "BenchmarkA 500  6 ns/op\n"
      "# unstable A: allocs/op 1/8 then 2/8\n"
      "# error B: round 2 of 2: hung\n"
      "# label C: warm\n"
      "# absent D: no such call\n");
}

TEST(SuiteResultsTest, TheHeadSaysWhatCannotBeCounted) {
  SuiteRecord suite = Example();
  suite.not_applicable = {"syscalls/op: perf_event_open: Permission denied"};
  const result::ResultFile file = SuiteResults(suite, TwoRounds(), kProvenance);
  ASSERT_EQ(file.head.size(), 2u);
  EXPECT_EQ(file.head[1], "not applicable: syscalls/op: perf_event_open: Permission denied");
}

TEST(SuiteResultsTest, TheHeadSaysWhatElseTheMachineDidAndInWhichRun) {
  SuiteRecord suite = Example();
  suite.load = "load 0.10 before, 1.00 after";
  suite.in_turn = "2026-11-21T10:00Z 00c0ffee";
  Plan plan = TwoRounds();
  plan.whole_rounds = true;
  const result::ResultFile file = SuiteResults(suite, plan, kProvenance);
  ASSERT_EQ(file.head.size(), 3u);
  EXPECT_NE(file.head[0].find("2 rounds of 0.25 s \u00B7 one process a round \u00B7 pinned"),
            std::string::npos);
  EXPECT_EQ(file.head[1], "machine: load 0.10 before, 1.00 after");
  EXPECT_EQ(file.head[2], "in turn: 2026-11-21T10:00Z 00c0ffee");
}

TEST(SuiteResultsTest, APartialFileSaysSo) {
  SuiteRecord suite = Example();
  suite.interrupted = true;
  suite.rounds_done = 1;
  suite.rows[0].rounds.pop_back();  // round 2 runs backwards and came as far as C
  const result::ResultFile file = SuiteResults(suite, TwoRounds(), kProvenance);
  ASSERT_EQ(file.head.size(), 2u);
  EXPECT_EQ(file.head[1], "partial: interrupted, 1 of 2 rounds are whole");
  EXPECT_EQ(file.rows.size(), 5u);
}

TEST(SuiteResultsTest, TheFirstLineSaysWhatElseWasDifferent) {
  SuiteRecord suite = Example();
  suite.counts = "";
  suite.rows[0].listed.name = "A/threads=2";
  Plan plan = TwoRounds();
  plan.rounds = 0;
  EXPECT_EQ(
      SuiteResults(suite, plan, kProvenance).head[0],
      "tare 1 \u00B7 commit 1f2e3d4 \u00B7 2026-11-21T10:00Z \u00B7 counts only \u00B7 pinned "
      "to cpu 1, rows with threads= to cpus 0-1");
}

}  // namespace
}  // namespace tare::cli
