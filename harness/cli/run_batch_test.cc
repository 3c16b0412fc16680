// SPDX-License-Identifier: Apache-2.0
// One process a round for all rows, where a program takes long to start; and where rows run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/cpus.h"
#include "cli/exit_code.h"
#include "cli/fixture/tare_program.h"
#include "result/read_text.h"

namespace tare::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kVictim[] = "Fake/Echo/variant=baseline/backend=epoll/size=64";

// A word of each line of the log: 0 is the process, 2 the row, 3 its CPUs.
std::vector<std::string> OfLog(const TareProgram& tare, size_t word) {
  std::vector<std::string> words;
  for (const std::string& line : tare.Log()) {
    words.push_back(std::vector<std::string>(absl::StrSplit(line, ' ')).at(word));
  }
  return words;
}

result::ResultFile Results(const TareProgram& tare, const std::string& file) {
  const result::ReadOutcome read =
      result::ReadText(ReadFile(tare.results_dir() + "/" + file), file);
  EXPECT_TRUE(read.errors.empty());
  return read.file;
}

// Names with how many lines each has.
std::map<std::string, int> LinesOf(const result::ResultFile& file) {
  std::map<std::string, int> lines;
  for (const result::Row& row : file.rows) ++lines[row.name];
  return lines;
}

// Its rows have 150 KB of names in all, more than an argument may have.
constexpr char kManyRows[] = R"(#!/bin/sh
for argument in "$@"; do
  case $argument in
    --tare_list*)
      seq -f "A/with_a_name_that_is_as_long_as_those_of_templates/size=%08.0f" 2500 |
        sed 's/.*/&\t&\tquick/'
      exit ;;
    --benchmark_filter=*) filter=${argument#*=} ;;
  esac
done
echo "$$" >>"$0.log"
echo "Unit allocs/op assume=exact better=lower"
echo "$filter" | tr -d '^()$' | tr '|' '\n' | sed 's/.*/Benchmark& 1000 1 allocs\/op 8 B\/op/'
)";

TEST(BatchTest, NamesThatHaveNoRoomInAnArgumentAreDividedIntoSeveralProcesses) {
  const TareProgram tare({"good"});
  const std::string program = tare.directory() + "/bench_many";
  std::ofstream(program) << kManyRows;
  ASSERT_EQ(chmod(program.c_str(), 0755), 0);
  const ProcessEnd end = tare.Run(
      {"run", "--exe", program, "--processes", "round", "--counts-only", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_EQ(Results(tare, "many.txt").rows.size(), 2500u);
  const std::string log = ReadFile(program + ".log");
  EXPECT_GT(std::count(log.begin(), log.end(), '\n'), 1);
  EXPECT_LT(std::count(log.begin(), log.end(), '\n'), 20);
}

TEST(BatchTest, RowsOnTheSameCpusShareAProcessARound) {
  const TareProgram tare({"good"});
  const ProcessEnd end =
      tare.Run({"run", "--processes", "round", "--rounds", "3", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  const std::vector<std::string> pids = OfLog(tare, 0);
  EXPECT_EQ(pids.size(), 5u * 4);
  EXPECT_EQ(std::set<std::string>(pids.begin(), pids.end()).size(), 2u * 4)
      << "the row with threads= has CPUs of its own";
  const std::vector<std::string> cpus = OfLog(tare, 3), rows = OfLog(tare, 2);
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(cpus[i], absl::StrContains(rows[i], "threads=")
                           ? absl::StrJoin(AllowedCpus(), ",")
                           : std::to_string(AllowedCpus().back()));
  }
  // The same as from a process each.
  const result::ResultFile file = Results(tare, "good.txt");
  EXPECT_THAT(file.head[0], HasSubstr("one process a round"));
  ASSERT_EQ(LinesOf(file).size(), 5u);
  for (const auto& [name, lines] : LinesOf(file)) EXPECT_EQ(lines, 4) << name;
}

TEST(BatchTest, IsChosenWhereTheStartTakesLong) {
  const TareProgram slow({"slow_start"});
  ProcessEnd end = slow.Run({"run", "--rounds", "2", "-o", slow.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.err_tail, ::testing::ContainsRegex(
                                "bench_slow_start takes [0-9.e+]+ s to start: its rows share one "
                                "process a round"));
  std::vector<std::string> pids = OfLog(slow, 0);
  EXPECT_EQ(std::set<std::string>(pids.begin(), pids.end()).size(), 2u * 3);

  const TareProgram own({"slow_start"});
  end = own.Run({"run", "--processes", "row", "--rounds", "2", "-o", own.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.err_tail, HasSubstr("once for each of 5 rows a round"));
  pids = OfLog(own, 0);
  EXPECT_EQ(std::set<std::string>(pids.begin(), pids.end()).size(), 5u * 3);
}

// The row that a process does not survive has failed; those before it count, those behind it are
// run without it.
TEST(BatchTest, AFaultCostsOneRow) {
  const std::pair<const char*, const char*> faults[] = {
      {"crash", "round 1 of 2: killed by signal 11 (SIGSEGV)"},
      {"late_crash", "round 3 of 4: killed by signal 11 (SIGSEGV)"},
      {"crash_in_counts", "counting pass: killed by signal 6 (SIGABRT)"},
      {"exit", "round 1 of 2: exited with status 3"},
      {"hang", "round 1 of 2: hung"},
      {"error", "counting pass: wrong answer: 7 bytes of 64"},
      {"silent", "round 1 of 2: printed no result"},
      {"rubbish", "round 1 of 2: printed rubbish"},
      {"another_row", "round 1 of 2: printed"},
      {"no_time", "round 1 of 2: printed no ns/op"}};
  for (const auto& [behaviour, reason] : faults) {
    const TareProgram tare({behaviour});
    const int rounds = std::string(behaviour) == "late_crash" ? 4 : 2;
    const ProcessEnd end =
        tare.Run({"run", "--processes", "round", "--rounds", absl::StrCat(rounds), "--timeout",
                  "0.5", "-o", tare.results_dir()});
    EXPECT_EQ(end.code, kFault) << behaviour << end.err_tail;
    const result::ResultFile file = Results(tare, absl::StrCat(behaviour, ".txt"));
    const std::map<std::string, int> lines = LinesOf(file);
    if (std::string(behaviour) == "another_row") {
      // What it printed stands where no row is named, and is the next one's.
      EXPECT_GE(lines.size(), 3u) << behaviour;
      continue;
    }
    EXPECT_THAT(file.notes, Contains(StartsWith(absl::StrCat("error ", kVictim, ": ", reason))))
        << behaviour;
    EXPECT_EQ(lines.size(), 4u) << behaviour;
    for (const auto& [name, n] : lines) EXPECT_EQ(n, 1 + rounds) << behaviour << " " << name;
  }
}

TEST(BatchTest, WhatIsUnstableOrAbsentIsSaidOfItsRow) {
  const TareProgram unstable({"unstable"});
  EXPECT_EQ(
      unstable.Run({"run", "--processes", "round", "--rounds", "1", "-o", unstable.results_dir()})
          .code,
      kOk);
  EXPECT_THAT(Results(unstable, "unstable.txt").notes,
              Contains(StartsWith(absl::StrCat("unstable ", kVictim, ": allocs/op"))));
  const TareProgram uncounted({"uncounted"});
  const ProcessEnd end = uncounted.Run(
      {"run", "--processes", "round", "--rounds", "1", "-o", uncounted.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, HasSubstr("n/a: not counted: the sanitizer owns malloc"));
}

TEST(PinTest, FlagsSayWhereAndTheOutputSaysIt) {
  const std::vector<int> allowed = AllowedCpus();
  const TareProgram one({"good"});
  ProcessEnd end = one.Run(
      {"run", "--cpus", absl::StrCat(allowed[0]), "--rounds", "1", "-o", one.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(OfLog(one, 3), ::testing::Each(std::to_string(allowed[0])));
  const std::string said = absl::StrCat("pinned to cpu ", allowed[0], " (--cpus)");
  EXPECT_THAT(end.out, HasSubstr("Rows were " + said));
  EXPECT_THAT(Results(one, "good.txt").head[0], HasSubstr(said));

  const TareProgram none({"good"});
  end = none.Run({"run", "--no-pin", "--rounds", "1", "-o", none.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(OfLog(none, 3), ::testing::Each(absl::StrJoin(allowed, ",")));
  EXPECT_THAT(end.out, HasSubstr("Rows were not pinned"));
  EXPECT_THAT(end.out, Not(HasSubstr("pinned to")));
}

}  // namespace
}  // namespace tare::cli
