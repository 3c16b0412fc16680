// SPDX-License-Identifier: Apache-2.0
// The command end to end where all goes well: what it runs, in what order, and what it writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/cpus.h"
#include "cli/exit_code.h"
#include "cli/fixture/tare_program.h"
#include "cli/placement.h"
#include "result/read_text.h"

namespace tare::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kFloor[] = "Fake/Echo/variant=floor/size=64";
constexpr char kHandLoop[] = "Fake/Echo/variant=hand_loop/backend=epoll/size=64";
constexpr char kBaseline[] = "Fake/Echo/variant=baseline/backend=epoll/size=64";
constexpr char kReference[] = "Fake/Echo/variant=reference/backend=epoll/size=64";
constexpr char kThreads[] = "Fake/Echo/variant=floor/size=64/threads=2";

struct LogLine {
  std::string pid, pass, row, cpus, program;
};

std::vector<LogLine> ParsedLog(const TareProgram& tare) {
  std::vector<LogLine> lines;
  for (const std::string& line : tare.Log()) {
    const std::vector<std::string> f = absl::StrSplit(line, ' ');
    lines.push_back({f.at(0), f.at(1), f.at(2), f.at(3), f.at(4)});
  }
  return lines;
}

result::ReadOutcome ReadResults(const TareProgram& tare, const std::string& file) {
  const std::string path = tare.results_dir() + "/" + file;
  return result::ReadText(ReadFile(path), path);
}

TEST(ListTest, ShowsRowsMarksAndReasons) {
  const TareProgram tare({"good"});
  const ProcessEnd end = tare.Run({"list"});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_EQ(end.out,
            "good: 6 rows, 5 quick, 1 absent\n"
            "  Fake/Echo/variant=floor/size=64                     quick\n"
            "  Fake/Echo/variant=hand_loop/backend=epoll/size=64   quick\n"
            "  Fake/Echo/variant=baseline/backend=epoll/size=64    quick\n"
            "  Fake/Echo/variant=reference/backend=epoll/size=64   quick\n"
            "  Fake/Echo/variant=reference/backend=kqueue/size=64  quick  absent: kqueue is not on "
            "Linux\n"
            "  Fake/Echo/variant=floor/size=64/threads=2\n");
}

TEST(RunTest, CountsFirstThenRoundsForwardAndBackward) {
  const TareProgram tare({"good"});
  EXPECT_EQ(tare.Run({"run", "--rounds", "3", "-o", tare.results_dir()}).code, kOk);
  std::vector<std::string> order;
  for (const LogLine& line : ParsedLog(tare)) order.push_back(line.pass + " " + line.row);
  std::vector<std::string> want;
  const std::vector<std::string> rows = {kFloor, kHandLoop, kBaseline, kReference, kThreads};
  for (const std::string& row : rows) want.push_back("counts " + row);
  for (const std::string& row : rows) want.push_back("times " + row);
  for (size_t i = rows.size(); i-- > 0;) want.push_back("times " + rows[i]);
  for (const std::string& row : rows) want.push_back("times " + row);
  EXPECT_EQ(order, want);
}

TEST(RunTest, EveryRowOfEveryRoundIsAProcessOfItsOwnAndPinned) {
  const TareProgram tare({"good"});
  EXPECT_EQ(tare.Run({"run", "--rounds", "2", "-o", tare.results_dir()}).code, kOk);
  const std::vector<int> allowed = AllowedCpus();
  std::set<std::string> pids;
  for (const LogLine& line : ParsedLog(tare)) {
    EXPECT_TRUE(pids.insert(line.pid).second);
    EXPECT_EQ(line.cpus,
              line.row == kThreads ? absl::StrJoin(allowed, ",") : std::to_string(allowed.back()));
  }
  EXPECT_EQ(pids.size(), 5u * 3);
}

TEST(RunTest, TheFileHoldsCountsOnceAndTheTimesOfEachRound) {
  const TareProgram tare({"good"});
  EXPECT_EQ(tare.Run({"run", "-o", tare.results_dir()}).code, kOk);
  const result::ReadOutcome read = ReadResults(tare, "good.txt");
  EXPECT_THAT(read.errors, IsEmpty());
  EXPECT_THAT(read.others, IsEmpty());
  ASSERT_EQ(read.file.head.size(), 2u);
  EXPECT_THAT(read.file.head[1], ::testing::MatchesRegex("machine: load .* before, .* after .*"));
  EXPECT_THAT(read.file.head[0],
              ::testing::MatchesRegex("tare 1 .. commit .* .. ....-..-..T..:..Z .. counts "
                                      "malloc.new .. 9 rounds of .* s .. pinned to cpu .*"));
  EXPECT_EQ(*read.file.config.Find("tcp"), "bbr");
  EXPECT_TRUE(read.file.units.IsExact("allocs/op"));
  EXPECT_FALSE(read.file.units.IsExact("syscalls/op"));
  EXPECT_THAT(read.file.notes,
              ElementsAre("absent Fake/Echo/variant=reference/backend=kqueue/size=64: kqueue is "
                          "not on Linux"));

  std::map<std::string, std::vector<double>> ns;
  std::map<std::string, int> counts;
  for (const result::Row& row : read.file.rows) {
    const double* time = row.Find("ns/op");
    ASSERT_NE(time == nullptr, row.Find("allocs/op") == nullptr) << row.name;
    ASSERT_NE(time == nullptr, row.Find("syscalls/op") == nullptr) << row.name;
    if (time != nullptr) {
      ns[row.name].push_back(*time);
    } else {
      ++counts[row.name];
      EXPECT_EQ(row.iterations, 1000);
    }
  }
  ASSERT_EQ(ns.size(), 5u);
  for (const auto& [name, rounds] : ns) {
    EXPECT_EQ(counts[name], 1) << name;
    ASSERT_EQ(rounds.size(), 9u) << name;
    // The k-th line of a name is round k: the fake is 10 ns slower each time.
    for (size_t k = 1; k < rounds.size(); ++k) EXPECT_EQ(rounds[k], rounds[k - 1] + 10) << name;
  }
}

TEST(RunTest, TheTableShowsFiguresBesideTheirRatios) {
  const TareProgram tare({"good"});
  const ProcessEnd end = tare.Run({"run", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk);
  // Reference: 1 allocation in 1,000 operations. Its ratio to the floor falls from 1155/1000 in
  // round 1 to 1235/1080 in round 9; the interval leaves out the first and the last.
  const std::string placement = PlacementByName().InWords({kFloor, kThreads});
  EXPECT_EQ(end.out, absl::StrReplaceAll(ReadFile(RUN_TABLE_GOLDEN), {{"{placement}", placement}}));
}

TEST(RunTest, QuickFilterAndSuiteSelect) {
  const TareProgram tare({"good", "other"});
  const ProcessEnd end =
      tare.Run({"run", "--quick", "--suite", "other", "--filter", "variant=(floor|reference)",
                "--rounds", "1", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  std::set<std::string> rows;
  for (const LogLine& line : ParsedLog(tare)) rows.insert(line.row);
  EXPECT_THAT(rows, ElementsAre(kFloor, kReference));
  EXPECT_FALSE(std::filesystem::exists(tare.results_dir() + "/good.txt"));
  EXPECT_THAT(end.out, HasSubstr("no interval: that needs 6 rounds"));
}

TEST(RunTest, CountsOnlyTimesNothing) {
  const TareProgram tare({"good"});
  const ProcessEnd end = tare.Run({"run", "--counts-only", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  for (const LogLine& line : ParsedLog(tare)) EXPECT_EQ(line.pass, "counts");
  EXPECT_THAT(end.out, HasSubstr("Counts only: nothing was timed."));
  EXPECT_THAT(end.out, Not(HasSubstr("ns/op")));
  EXPECT_EQ(ReadResults(tare, "good.txt").file.rows.size(), 5u);
}

TEST(RunTest, WritesToAFreshDirectoryBesideTheBinariesAndSaysWhere) {
  const TareProgram tare({"good"});
  const ProcessEnd end = tare.Run({"run", "--counts-only"});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  const std::string mark = "written to ";
  const size_t at = end.err_tail.find(mark);
  ASSERT_NE(at, std::string::npos) << end.err_tail;
  const size_t begin = at + mark.size();
  const std::string path = end.err_tail.substr(begin, end.err_tail.find('\n', begin) - begin);
  EXPECT_THAT(path, ::testing::StartsWith(tare.directory() + "/results/run-"));
  EXPECT_THAT(path, ::testing::EndsWith("/good.txt"));
  EXPECT_THAT(ReadFile(path), HasSubstr("allocs/op"));
}

TEST(RunTest, WhereNothingIsCountedTimesAreStillTaken) {
  const TareProgram tare({"uncounted"});
  const ProcessEnd end = tare.Run({"run", "--rounds", "1", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, HasSubstr("n/a: not counted: the sanitizer owns malloc"));
  EXPECT_EQ(ReadResults(tare, "uncounted.txt").file.rows.size(), 5u);
}

TEST(RunTest, AUnitThatCannotBeCountedIsNoZero) {
  const TareProgram tare({"no_syscalls"});
  const ProcessEnd end = tare.Run({"run", "--rounds", "1", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, HasSubstr("\nn/a: syscalls/op: perf_event_open: Permission denied\n"));
  // Rows with their cells: ns/op, ratio to itself, no hand loop, CPU time, and the counts.
  EXPECT_THAT(end.out, ::testing::ContainsRegex("floor +1000 +1 +- +2000 +n/a +0 +0\n"));
  const result::ResultFile file = ReadResults(tare, "no_syscalls.txt").file;
  EXPECT_THAT(file.head, ElementsAre(HasSubstr("tare 1"),
                                     "not applicable: syscalls/op: perf_event_open: Permission "
                                     "denied",
                                     HasSubstr("machine: ")));
  EXPECT_EQ(file.units.Find("syscalls/op"), nullptr);
  for (const result::Row& row : file.rows) EXPECT_EQ(row.Find("syscalls/op"), nullptr);
}

TEST(RunTest, UnstableCountsAreShownAsSuch) {
  const TareProgram tare({"unstable"});
  const ProcessEnd end = tare.Run({"run", "--rounds", "1", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  const std::string what = std::string(kBaseline) + ": allocs/op 3/1000 then 4/1000";
  EXPECT_THAT(end.out, HasSubstr("unstable: " + what));
  EXPECT_THAT(ReadResults(tare, "unstable.txt").file.notes,
              ::testing::Contains("unstable " + what));
}

TEST(RunTest, ARowThatIsAbsentOnlyWhenRunKeepsItsLine) {
  const TareProgram tare({"absent_at_run"});
  const ProcessEnd end = tare.Run({"run", "--rounds", "2", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, HasSubstr("absent: io_uring is forbidden here"));
  EXPECT_THAT(ReadFile(tare.results_dir() + "/absent_at_run.txt"),
              Not(HasSubstr("Benchmark" + std::string(kBaseline))));
}

TEST(RunTest, TheFileNamesTheCommitThatTheProgramsAreIn) {
  const TareProgram tare({"good"});
  Command git;
  git.argv = {"sh", "-c",
              "cd '" + tare.directory() +
                  "' && git init -q && touch tracked && git add tracked && git -c user.name=t -c "
                  "user.email=t@example.org commit -q -m one && git rev-parse --short=7 HEAD"};
  ProcessEnd end = RunProcess(git, nullptr);
  if (!end.Succeeded()) {
    std::puts("not applicable: no git to make a repository with");
    return;
  }
  const std::string commit = end.out.substr(0, end.out.find('\n'));
  EXPECT_EQ(tare.Run({"run", "--counts-only", "-o", tare.results_dir()}).code, kOk);
  EXPECT_THAT(ReadResults(tare, "good.txt").file.head[0], HasSubstr("commit " + commit));
}

TEST(RunTest, SaysHowFarItIs) {
  const TareProgram tare({"good"});
  const ProcessEnd end = tare.Run({"run", "--rounds", "2", "-o", tare.results_dir()});
  EXPECT_THAT(end.err_tail, HasSubstr("good: counts\n"));
  EXPECT_THAT(end.err_tail, ::testing::ContainsRegex("good: round 2 of 2, [0-9]+:[0-9]+ left\n"));
  EXPECT_THAT(end.err_tail, HasSubstr("good: 5 rows measured, 1 absent, 0 failed; written to " +
                                      tare.results_dir() + "/good.txt\n"));
  EXPECT_THAT(end.err_tail, Not(HasSubstr("\r"))) << "a rewritten line without a terminal";
}

}  // namespace
}  // namespace tare::cli
