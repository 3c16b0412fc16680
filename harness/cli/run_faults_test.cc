// SPDX-License-Identifier: Apache-2.0
// The command end to end where things go wrong: each fault planted, named, and the other rows kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/fixture/tare_program.h"
#include "result/read_text.h"

namespace tare::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kVictim[] = "Fake/Echo/variant=baseline/backend=epoll/size=64";
constexpr char kReference[] = "Fake/Echo/variant=reference/backend=epoll/size=64";

size_t RowsNamed(const result::ResultFile& file, const std::string& name) {
  return static_cast<size_t>(std::count_if(file.rows.begin(), file.rows.end(),
                                           [&](const result::Row& r) { return r.name == name; }));
}

struct Fault {
  const char* behaviour;
  const char* reason;          // begins with where it happened
  const char* timeout = "60";  // short only where something hangs: a loaded machine is slow
};

class RowFaultTest : public ::testing::TestWithParam<Fault> {};

TEST_P(RowFaultTest, IsNamedAndTheOtherRowsAreKept) {
  const auto [behaviour, reason, timeout] = GetParam();
  const TareProgram tare({behaviour});
  const ProcessEnd end =
      tare.Run({"run", "--rounds", "3", "--timeout", timeout, "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.err_tail, HasSubstr(std::string("tare: ") + kVictim + ": " + reason));
  EXPECT_THAT(end.out, HasSubstr(std::string("  baseline   epoll    FAILED: ") + reason));

  const std::string path = tare.results_dir() + "/" + behaviour + ".txt";
  const result::ReadOutcome read = result::ReadText(ReadFile(path), path);
  EXPECT_THAT(read.errors, IsEmpty());
  EXPECT_THAT(read.file.notes,
              Contains(StartsWith(std::string("error ") + kVictim + ": " + reason)));
  EXPECT_EQ(RowsNamed(read.file, kVictim), 0u) << "a part is shown as if it were whole";
  EXPECT_EQ(RowsNamed(read.file, kReference), 1u + 3);
}

INSTANTIATE_TEST_SUITE_P(
    Planted, RowFaultTest,
    ::testing::Values(
        Fault{"crash", "round 1 of 3: killed by signal 11 (SIGSEGV)"},
        Fault{"late_crash", "round 3 of 3: killed by signal 11 (SIGSEGV)"},
        Fault{"crash_in_counts", "counting pass: killed by signal 6 (SIGABRT)"},
        Fault{"exit", "round 1 of 3: exited with status 3"},
        Fault{"error", "counting pass: wrong answer: 7 bytes of 64"},
        Fault{"hang", "round 1 of 3: hung: ended after 3 s", "3"},
        Fault{"stubborn", "round 1 of 3: hung: ended after 3 s", "3"},
        Fault{"rubbish",
              "round 1 of 3: printed rubbish: bench_rubbish output:8: 'Segment 7: retransmit'"},
        Fault{"bad_number",
              "round 1 of 3: printed rubbish: bench_bad_number output:8: parsing measurement: "
              "invalid syntax: 'Benchmark"},
        Fault{"control", "round 1 of 3: printed rubbish: bench_control output:8: '# \\x1b[2J'"},
        Fault{"silent", "round 1 of 3: printed no result"},
        Fault{"another_row", "round 1 of 3: printed another row: 'Fake/Other'"},
        Fault{"two_rows", "round 1 of 3: printed 2 rows instead of one"},
        Fault{"no_time", "round 1 of 3: printed no ns/op"},
        Fault{"flood", "round 1 of 3: printed more than 16777216 bytes"},
        Fault{"config",
              "round 2 of 3: the configuration changed during the run: tcp changed from 'bbr' to "
              "'cubic'"}),
    [](const ::testing::TestParamInfo<Fault>& test) { return std::string(test.param.behaviour); });

TEST(RunFaultTest, TheLastWordsOfACrashAreShown) {
  const TareProgram tare({"crash"});
  const ProcessEnd end = tare.Run({"run", "--rounds", "1", "-o", tare.results_dir()});
  EXPECT_THAT(end.err_tail, HasSubstr("    assertion failed: queue is empty\n"));
}

TEST(RunFaultTest, ARowThatFailedIsNotMeasuredAgain) {
  const TareProgram tare({"crash"});
  tare.Run({"run", "--rounds", "4", "-o", tare.results_dir()});
  const std::vector<std::string> log = tare.Log();
  EXPECT_EQ(std::count_if(log.begin(), log.end(),
                          [](const std::string& line) {
                            return line.find(std::string("times ") + kVictim) != std::string::npos;
                          }),
            1);
}

struct ListFault {
  const char* behaviour;
  const char* message;
};

class ListFaultTest : public ::testing::TestWithParam<ListFault> {};

TEST_P(ListFaultTest, IsNamedAndTheOtherSuitesAreKept) {
  const auto [behaviour, message] = GetParam();
  const TareProgram tare({"good", behaviour});
  const ProcessEnd list = tare.Run({"list", "--timeout", "3"});
  EXPECT_EQ(list.code, kFault);
  EXPECT_THAT(list.err_tail, HasSubstr(message));
  EXPECT_THAT(list.out, StartsWith("good: 6 rows"));

  const ProcessEnd run =
      tare.Run({"run", "--timeout", "3", "--counts-only", "-o", tare.results_dir()});
  EXPECT_EQ(run.code, kFault);
  EXPECT_THAT(run.err_tail, HasSubstr(message));
  EXPECT_TRUE(std::filesystem::exists(tare.results_dir() + "/good.txt"));
}

INSTANTIATE_TEST_SUITE_P(
    Planted, ListFaultTest,
    ::testing::Values(ListFault{"list_crash",
                                "bench_list_crash --tare_list killed by signal 6 (SIGABRT)"},
                      ListFault{"list_hang", "bench_list_hang --tare_list hung: ended after 3 s"},
                      ListFault{"list_empty", "bench_list_empty lists no rows"},
                      ListFault{"list_rubbish",
                                "bench_list_rubbish --tare_list:1: not a row (name, row name, "
                                "quick or full, reason, separated by tabs; what else a "
                                "program has to say belongs on standard error): 'usage: bench "
                                "[flags]'"}),
    [](const ::testing::TestParamInfo<ListFault>& test) {
      return std::string(test.param.behaviour);
    });

struct Misuse {
  const char* name;
  std::vector<std::string> arguments;
  const char* message;
};

class MisuseTest : public ::testing::TestWithParam<Misuse> {};

TEST_P(MisuseTest, IsNamedBeforeAnythingIsMeasured) {
  const TareProgram tare({"good", "other"});
  const ProcessEnd end = tare.Run(GetParam().arguments);
  EXPECT_EQ(end.code, kUsage);
  EXPECT_THAT(end.err_tail, StartsWith("tare: "));
  EXPECT_THAT(end.err_tail, HasSubstr(GetParam().message));
  EXPECT_THAT(end.out, IsEmpty());
  EXPECT_THAT(tare.Log(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Planted, MisuseTest,
    ::testing::Values(
        Misuse{"no_subcommand", {}, "a subcommand is required"},
        Misuse{"unknown_subcommand", {"weigh"}, "weigh; `tare --help` helps"},
        Misuse{"unknown_flag", {"run", "--slow"}, "--slow; `tare run --help` helps"},
        Misuse{"unknown_flag_listed", {"list", "--slow"}, "--slow; `tare list --help` helps"},
        Misuse{"unknown_suite",
               {"run", "--suite", "nope"},
               "unknown suite 'nope'; known: good, other"},
        Misuse{"unknown_suite_listed", {"list", "--suite", "nope"}, "known: good, other"},
        Misuse{"no_match",
               {"run", "--filter", "variant=none"},
               "no row matches --filter 'variant=none'"},
        Misuse{"no_quick_match",
               {"run", "--quick", "--filter", "threads="},
               "no row matches --filter 'threads=' --quick"},
        Misuse{"bad_filter", {"run", "--filter", "(a"}, "--filter '(a' is no regular expression"},
        Misuse{"no_rounds", {"run", "--rounds", "0"}, "--rounds"},
        Misuse{"rounds_of_nothing", {"run", "--rounds"}, "--rounds"},
        Misuse{"rounds_in_words", {"run", "--rounds", "nine"}, "--rounds"},
        Misuse{"negative_time", {"run", "--min-time", "-1"}, "--min-time"},
        Misuse{"unwritable",
               {"run", "-o", "/dev/null/results"},
               "cannot write results to /dev/null/results: Not a directory; name another"}),
    [](const ::testing::TestParamInfo<Misuse>& test) { return std::string(test.param.name); });

TEST(RunFaultTest, ADirectoryWithoutBenchPrograms) {
  const TareProgram tare({});
  const ProcessEnd end = tare.Run({"run"});
  EXPECT_EQ(end.code, kUsage);
  EXPECT_THAT(end.err_tail, HasSubstr("no bench programs (bench_<suite>) in " + tare.bin_dir()));
}

TEST(RunFaultTest, AllRowsAbsentIsNoPass) {
  const TareProgram tare({"all_absent"});
  const ProcessEnd end = tare.Run({"run", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out, HasSubstr("absent: no such system"));
  EXPECT_THAT(end.err_tail, HasSubstr("nothing was measured"));
  EXPECT_FALSE(std::filesystem::exists(tare.results_dir() + "/all_absent.txt"));
}

TEST(RunFaultTest, AResultFileThatCannotBeReplacedIsNamed) {
  const TareProgram tare({"good"});
  std::filesystem::create_directories(tare.results_dir() + "/good.txt/in_the_way");
  const ProcessEnd end = tare.Run({"run", "--counts-only", "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.err_tail, HasSubstr("cannot write " + tare.results_dir() + "/good.txt"));
  EXPECT_THAT(end.out, HasSubstr("floor")) << "the table is shown all the same";
}

TEST(RunFaultTest, ATableThatCannotBePrintedIsAFault) {
  const TareProgram tare({"good"});
  Command command;
  command.argv = {"sh", "-c",
                  std::string(TARE) + " run --counts-only --bin-dir " + tare.bin_dir() + " -o " +
                      tare.results_dir() + " > /dev/full"};
  const ProcessEnd end = RunProcess(command, nullptr);
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.err_tail, HasSubstr("standard output could not be written"));
  EXPECT_TRUE(std::filesystem::exists(tare.results_dir() + "/good.txt"));
}

TEST(RunFaultTest, AnInterruptKeepsWhatWasMeasuredAsPartial) {
  const TareProgram tare({"hang_in_round_2"});
  const int status =
      tare.RunAndSignal({"run", "--rounds", "9", "-o", tare.results_dir()}, "round 2 of 9", SIGINT);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_FALSE(std::filesystem::exists(tare.results_dir() + "/hang_in_round_2.txt"));
  const std::string path = tare.results_dir() + "/hang_in_round_2.partial.txt";
  const result::ReadOutcome read = result::ReadText(ReadFile(path), path);
  EXPECT_THAT(read.errors, IsEmpty());
  EXPECT_THAT(read.file.head, Contains("partial: interrupted, 1 of 9 rounds are whole"));
  EXPECT_GE(RowsNamed(read.file, kReference), 2u);  // counts and round 1

  // No process of the run is left.
  for (const std::string& line : tare.Log()) {
    const int pid = std::stoi(line);
    EXPECT_EQ(kill(pid, 0), -1) << line;
  }
}

TEST(RunFaultTest, TerminationIsAnInterruptToo) {
  const TareProgram tare({"hang_in_round_2"});
  const int status = tare.RunAndSignal({"run", "-o", tare.results_dir()}, "round 2 of 9", SIGTERM);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGTERM);
}

}  // namespace
}  // namespace tare::cli
