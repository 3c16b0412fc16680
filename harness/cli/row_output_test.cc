// SPDX-License-Identifier: Apache-2.0
// Judging the output of one process: the end-to-end test has most faults, this has the fine print.
#include "cli/row_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tare::cli {
namespace {

using Kind = RowOutput::Kind;
using ::testing::ElementsAre;

RowOutput Judge(const std::string& out, Pass pass = Pass::kTimes, int status = 0) {
  ProcessEnd end;
  end.code = status;
  end.out = out;
  return JudgeOutput(end, pass, "A", "bench_x output");
}

TEST(JudgeOutputTest, TakesAMeasurementWithItsHead) {
  const RowOutput output = Judge(
      "# tare 0.1.0 \u00B7 bench_x \u00B7 counts malloc+new \u00B7 counts only\nos: linux\n"
      "Unit ns/op better=lower\nBenchmarkA 10 5 ns/op\n# label A: 3 \u00B5s\n# note A: x is nan\n");
  EXPECT_EQ(output.kind, Kind::kMeasured) << output.reason;
  EXPECT_EQ(output.row, (result::Row{"A", 10, {{5, "ns/op"}}}));
  EXPECT_EQ(output.counts, "malloc+new");
  EXPECT_EQ(*output.config.Find("os"), "linux");
  EXPECT_NE(output.units.Find("ns/op"), nullptr);
  EXPECT_THAT(output.notes, ElementsAre("label A: 3 \u00B5s", "note A: x is nan"));
}

TEST(JudgeOutputTest, RepetitionsAreRowsOfTimesAndOfNothingElse) {
  ProcessEnd end;
  end.out = "BenchmarkA 10 5 ns/op\nBenchmarkA 10 6 ns/op\n";
  const RowOutput output = JudgeOutput(end, Pass::kTimes, "A", "x output", 2);
  EXPECT_EQ(output.kind, Kind::kMeasured) << output.reason;
  ASSERT_EQ(output.repetitions.size(), 2u);
  EXPECT_EQ(output.repetitions[1], (result::Row{"A", 10, {{6, "ns/op"}}}));
  EXPECT_EQ(JudgeOutput(end, Pass::kTimes, "A", "x output", 3).reason,
            "printed 2 rows instead of 3");
  EXPECT_EQ(JudgeOutput(end, Pass::kTimes, "A", "x output").reason,
            "printed 2 rows instead of one");
  end.out = "BenchmarkA 10 5 B/op\nBenchmarkA 10 5 B/op\n";
  EXPECT_EQ(JudgeOutput(end, Pass::kCounts, "A", "x output", 2).reason,
            "printed 2 rows instead of one");
  end.out = "BenchmarkA 10 5 ns/op\nBenchmarkA 10 0 ns/op\n";
  EXPECT_EQ(JudgeOutput(end, Pass::kTimes, "A", "x output", 2).reason, "printed 0 ns/op");
}

TEST(JudgeOutputTest, AnErrorSaysMoreThanTheStatusItComesWith) {
  const RowOutput output = Judge("# error A: wrong answer\n", Pass::kTimes, 1);
  EXPECT_EQ(output.kind, Kind::kFailed);
  EXPECT_EQ(output.reason, "wrong answer");
}

TEST(JudgeOutputTest, AResultDoesNotExcuseTheStatus) {
  EXPECT_EQ(Judge("BenchmarkA 10 5 ns/op\n", Pass::kTimes, 1).reason, "exited with status 1");
}

TEST(JudgeOutputTest, AbsenceHasItsReason) {
  const RowOutput output = Judge("# absent A: io_uring: forbidden\n");
  EXPECT_EQ(output.kind, Kind::kAbsent);
  EXPECT_EQ(output.reason, "io_uring: forbidden");
}

TEST(JudgeOutputTest, AUnitThatIsNotApplicableKeepsItsReason) {
  const RowOutput output = Judge(
      "# tare 0.1.0\n# not applicable: syscalls/op: perf_event_open: no\nBenchmarkA 10 5 "
      "allocs/op\n",
      Pass::kCounts);
  EXPECT_EQ(output.kind, Kind::kMeasured) << output.reason;
  EXPECT_THAT(output.not_applicable, ElementsAre("syscalls/op: perf_event_open: no"));
}

TEST(JudgeOutputTest, WhatIsBelowZeroOrTwiceIsNoCount) {
  EXPECT_EQ(Judge("BenchmarkA 10 -5 allocs/op\n", Pass::kCounts).reason, "printed -5 allocs/op");
  EXPECT_EQ(Judge("BenchmarkA 10 nan B/op\n", Pass::kCounts).reason, "printed nan B/op");
  EXPECT_EQ(Judge("BenchmarkA 10 0 allocs/op 7 allocs/op\n", Pass::kCounts).reason,
            "printed two values of allocs/op");
  EXPECT_EQ(Judge("BenchmarkA 10 0 allocs/op -16 live-B\n", Pass::kCounts).kind, Kind::kMeasured)
      << "it gave back what was there before";
}

TEST(JudgeOutputTest, TimesMustBeTimes) {
  EXPECT_EQ(Judge("BenchmarkA 10 0 ns/op\n").reason, "printed 0 ns/op");
  EXPECT_EQ(Judge("BenchmarkA 10 nan ns/op\n").reason, "printed nan ns/op");
  EXPECT_EQ(Judge("BenchmarkA 10 inf ns/op\n").reason, "printed inf ns/op");
  EXPECT_EQ(Judge("BenchmarkA 0 5 ns/op\n").reason, "printed a row of 0 iterations");
}

TEST(JudgeOutputTest, CountsMustBeCounts) {
  EXPECT_EQ(Judge("BenchmarkA 10 5 ns/op\n", Pass::kCounts).reason,
            "printed ns/op in the counting pass");
  EXPECT_EQ(Judge("BenchmarkA 10 5 allocs/op\n", Pass::kCounts).kind, Kind::kMeasured);
}

TEST(JudgeOutputTest, NothingStableIsAMeasurementWithoutARow) {
  const RowOutput output = Judge("# unstable A: allocs/op 1/8 then 2/8\n", Pass::kCounts);
  EXPECT_EQ(output.kind, Kind::kMeasured);
  EXPECT_TRUE(output.row.values.empty());
  EXPECT_EQ(output.unstable, "allocs/op 1/8 then 2/8");
}

TEST(JudgeOutputTest, APlantedRowIsKeptApart) {
  const RowOutput output =
      Judge("BenchmarkA 8  1 allocs/op\n# planted alloc A: BenchmarkA 8  1.125 allocs/op\n",
            Pass::kCounts);
  EXPECT_EQ(output.kind, Kind::kMeasured);
  EXPECT_EQ(*output.row.Find("allocs/op"), 1);
  ASSERT_EQ(output.planted.size(), 1u);
  EXPECT_EQ(output.planted[0].first, "alloc");
  EXPECT_EQ(*output.planted[0].second.Find("allocs/op"), 1.125);
  for (const char* bad : {"planted alloc A", "planted alloc A: BenchmarkB 8 1 x/op",
                          "planted alloc A: BenchmarkA 8 one allocs/op", "planted alloc A: "}) {
    const RowOutput faulty =
        Judge("BenchmarkA 8  1 allocs/op\n# " + std::string(bad) + "\n", Pass::kCounts);
    EXPECT_EQ(faulty.kind, Kind::kFailed) << bad;
  }
}

TEST(JudgeOutputTest, QuotesTheFirstBadLine) {
  EXPECT_EQ(Judge("\nBenchmarkA 10 5\nPASS\n").reason,
            "printed rubbish: bench_x output:2: missing units: 'BenchmarkA 10 5'");
  EXPECT_EQ(Judge("PASS\nBenchmarkA 10 5\n").reason, "printed rubbish: bench_x output:1: 'PASS'");
  EXPECT_EQ(Judge("os: a\rb\nBenchmarkA 10 5 ns/op\n").reason,
            "printed rubbish: bench_x output:1: 'os: a\\x0db'");
  EXPECT_EQ(Judge("Unit ns/op a=b\nUnit ns/op a=c\nBenchmarkA 10 5 ns/op\n").reason,
            "printed rubbish: bench_x output:2: metadata a of unit ns/op already set to b");
}

TEST(RowOutputTest, OfRepetitionsTheMedianIsKept) {
  const auto kept = [](const std::vector<double>& ns) {
    std::vector<result::Row> rows;
    for (const double each : ns) rows.push_back({"A", 10, {{each, "ns/op"}}});
    KeepMedian(&rows);
    EXPECT_EQ(rows.size(), 1u);
    return *rows[0].Find("ns/op");
  };
  EXPECT_EQ(kept({7}), 7);
  EXPECT_EQ(kept({9, 1, 5}), 5);
  EXPECT_EQ(kept({4, 9, 2, 6}), 4);
}

}  // namespace
}  // namespace tare::cli
