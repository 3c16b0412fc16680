// SPDX-License-Identifier: Apache-2.0
// `tare run --exe`: strangers' Google Benchmark programs are run as the suites are, and what is
// none is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/fixture/tare_program.h"
#include "result/read_text.h"

namespace tare::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

result::ReadOutcome Results(const TareProgram& tare, const std::string& file) {
  const std::string path = tare.results_dir() + "/" + file;
  return result::ReadText(ReadFile(path), path);
}

// A program of a few lines of shell, executable, in the directory of `tare`.
std::string Script(const TareProgram& tare, const std::string& name, const std::string& lines) {
  const std::string path = tare.directory() + "/" + name;
  std::ofstream(path) << "#!/bin/sh\n" << lines << "\n";
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

// Allocations over all iterations, as a function of their number.
using Planted = std::function<int64_t(int64_t)>;

Planted Each(int64_t allocs) {
  return [allocs](int64_t n) { return n * allocs; };
}

struct Program {
  const char* path;
  const char* results;
  std::map<std::string, Planted> plants;
};

std::vector<Program> Programs() {
  return {{THREADS_PLANTS,
           "plants_threads.txt",
           {{"Mailbox/size=100/real_time", Each(2)},
            {"Mailbox/size=100/real_time/threads=2", Each(2)},
            {"Mailbox/size=100/real_time/threads=4", Each(2)},
            {"OneTooMany/threads=2", [](int64_t n) { return 2 * n + 1; }}}},
          {FIXTURE_PLANTS,
           "plants_fixture.txt",
           {{"Table/Find", Each(0)},
            {"Table/Find/threads=2", Each(0)},
            {"Table/Copy/1", Each(1)},
            {"Table/Copy/7", Each(7)},
            {"Table/Replace", Each(2)}}},
          {PAUSED_PLANTS,
           "plants_paused.txt",
           {{"Sort/8", Each(0)},
            {"Sort/64", Each(0)},
            {"Around", Each(2)},
            {"Around/threads=3", Each(2)}}}};
}

TEST(ExeTest, ThreeUnmodifiedProgramsAreCountedExactly) {
  const TareProgram tare({});
  std::vector<std::string> arguments = {"run", "--rounds",        "2", "--min-time", "0.001",
                                        "-o",  tare.results_dir()};
  for (const Program& program : Programs()) {
    arguments.insert(arguments.end(), {"--exe", program.path});
  }
  const ProcessEnd end = tare.Run(arguments);
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  const bool counted = end.out.find("n/a: not counted: ") == std::string::npos;
  if (!counted) std::cout << "counts: not applicable: a sanitizer owns malloc\n";

  for (const Program& program : Programs()) {
    const result::ReadOutcome read = Results(tare, program.results);
    EXPECT_THAT(read.errors, IsEmpty());
    std::map<std::string, int> counts, rounds;
    for (const result::Row& row : read.file.rows) {
      ASSERT_EQ(program.plants.count(row.name), 1u) << row.name << " is not planted";
      const double* const allocs = row.Find("allocs/op");
      ++(allocs == nullptr ? rounds : counts)[row.name];
      if (allocs == nullptr) continue;
      EXPECT_EQ(result::IntegerTotal(*allocs, row.iterations),
                program.plants.at(row.name)(row.iterations))
          << row.name << " over " << row.iterations << " iterations";
    }
    for (const auto& [name, planted] : program.plants) {
      EXPECT_EQ(counts[name], counted ? 1 : 0) << name;
      EXPECT_EQ(rounds[name], 2) << name;
    }
  }
}

TEST(ExeTest, RowsThatAreNoVariantsAreALineEach) {
  const TareProgram tare({});
  const ProcessEnd end = tare.Run({"run", "--rounds", "1", "--min-time", "0.001", "--exe",
                                   PAUSED_PLANTS, "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out,
              ContainsRegex("^  benchmark +ns/op +cpu/op +syscalls/op +allocs/op +B/op\n"));
  EXPECT_THAT(end.out, ContainsRegex("\n  Around/threads=3 +[0-9.]+ +[0-9.]+ "));
  EXPECT_THAT(end.out, Not(HasSubstr("vs floor")));
}

// The comparison above is not blind: one allocation in all iterations makes a difference.
TEST(ExeTest, OneAllocationTooManyIsSeen) {
  const TareProgram tare({});
  const ProcessEnd end = tare.Run({"run", "--counts-only", "--filter", "OneTooMany", "--exe",
                                   THREADS_PLANTS, "-o", tare.results_dir()});
  if (end.code == kCannotJudge) {
    std::cout << "not applicable: a sanitizer owns malloc\n";
    return;
  }
  const result::ReadOutcome read = Results(tare, "plants_threads.txt");
  ASSERT_EQ(read.file.rows.size(), 1u) << end.err_tail;
  const result::Row& row = read.file.rows[0];
  EXPECT_NE(result::IntegerTotal(*row.Find("allocs/op"), row.iterations), Each(2)(row.iterations));
}

TEST(ExeTest, ListShowsItsRowsAndFilterTakesOfThem) {
  const TareProgram tare({});
  const ProcessEnd list = tare.Run({"list", "--exe", PAUSED_PLANTS});
  EXPECT_EQ(list.code, kOk) << list.err_tail;
  EXPECT_EQ(list.out,
            "plants_paused: 4 rows, 0 quick, 0 absent\n"
            "  Sort/8\n  Sort/64\n  Around\n  Around/threads=3\n");
  const ProcessEnd run = tare.Run({"run", "--counts-only", "--filter", "^Sort/8$", "--exe",
                                   PAUSED_PLANTS, "-o", tare.results_dir()});
  EXPECT_THAT(run.out, HasSubstr("  Sort/8 "));
  EXPECT_THAT(run.out, Not(HasSubstr("Around")));
}

TEST(ExeTest, SuitesAreTakenOnlyIfNamed) {
  const TareProgram tare({"good", "other"});
  const std::string exe = tare.bin_dir() + "/bench_other";
  const ProcessEnd alone = tare.Run({"list", "--exe", exe});
  EXPECT_THAT(alone.out, StartsWith("other: 6 rows"));
  EXPECT_THAT(alone.out, Not(HasSubstr("good")));
  const ProcessEnd both = tare.Run({"list", "--suite", "good", "--exe", exe});
  EXPECT_THAT(both.out, StartsWith("good: 6 rows"));
  EXPECT_THAT(both.out, HasSubstr("\nother: 6 rows"));
}

TEST(ExeTest, ResultsGoBesideTheProgramUnlessTold) {
  const TareProgram tare({});
  const std::string exe = Script(tare, "mine", "exec " PAUSED_PLANTS " \"$@\"");
  const ProcessEnd end = tare.Run({"run", "--counts-only", "--filter", "Sort/8", "--exe", exe});
  EXPECT_THAT(end.err_tail, HasSubstr("written to " + tare.directory() + "/results/run-"));
  EXPECT_THAT(end.err_tail, HasSubstr("/mine.txt\n"));
}

// A path without a slash is a file here, and not a command of this name.
TEST(ExeTest, AFileInTheWorkingDirectoryNeedsNoDot) {
  const TareProgram tare({});
  Script(tare, "ls", "exec " PAUSED_PLANTS " \"$@\"");
  Command command;
  command.argv = {"sh", "-c", "cd '" + tare.directory() + "' && " TARE " list --exe ls"};
  const ProcessEnd end = RunProcess(command, nullptr);
  EXPECT_THAT(end.out, StartsWith("ls: 4 rows")) << end.err_tail;
}

// Equal names, and one that has a number of its own: each is listed, filtered and measured.
TEST(ExeTest, EqualNamesAreRowsOfTheirOwn) {
  const TareProgram tare({});
  const ProcessEnd list = tare.Run({"list", "--exe", TWICE_PLANTS});
  EXPECT_EQ(list.out,
            "plants_twice: 3 rows, 0 quick, 0 absent\n  Work/8\n  Work/64\n  Work/64#01\n");
  const ProcessEnd run =
      tare.Run({"run", "--rounds", "2", "--min-time", "0.001", "--exe", TWICE_PLANTS, "--exe",
                REPEATED_PLANTS, "--filter", "^(Work|x|tab)", "-o", tare.results_dir()});
  EXPECT_EQ(run.code, kOk) << run.err_tail;
  for (const auto& [file, names] : std::map<std::string, std::vector<std::string>>{
           {"plants_twice.txt", {"Work/8", "Work/64", "Work/64#01"}},
           {"plants_repeated.txt", {"x", "x#01", "x#02", "tab_and\\slash/real_time"}}}) {
    std::map<std::string, int> rounds;
    for (const result::Row& row : Results(tare, file).file.rows) {
      rounds[row.name] += row.Find("ns/op") != nullptr;
    }
    EXPECT_EQ(rounds.size(), names.size());
    for (const std::string& name : names) EXPECT_EQ(rounds[name], 2) << name;
  }
}

TEST(ExeTest, EqualNamesAreGatedEach) {
  const TareProgram tare({});
  const std::string budgets = tare.directory() + "/budgets.toml";
  const ProcessEnd update =
      tare.Run({"budget", "update", "--exe", TWICE_PLANTS, "--budgets", budgets});
  if (update.out.find("added Work/64#01") == std::string::npos) {
    std::cout << "not applicable: a sanitizer owns malloc\n";
    return;
  }
  EXPECT_EQ(update.code, kOk) << update.err_tail;
  const ProcessEnd gate = tare.Run({"gate", "--exe", TWICE_PLANTS, "--budgets", budgets});
  EXPECT_EQ(gate.code, kOk) << gate.out;
  EXPECT_THAT(gate.out, HasSubstr("3 benchmarks judged"));

  // The record of sites beside it is read as all files are.
  const std::string sites = tare.directory() + "/sites.txt";
  std::ofstream(sites) << "\xEF\xBB\xBF# nothing\n";
  EXPECT_EQ(tare.Run({"budget", "update", "--exe", TWICE_PLANTS, "--budgets", budgets}).code, kOk);
  std::ofstream(sites) << std::string("\xFF\xFE#\0", 4);
  const ProcessEnd wide =
      tare.Run({"budget", "update", "--exe", TWICE_PLANTS, "--budgets", budgets});
  EXPECT_EQ(wide.code, kFault);
  EXPECT_THAT(wide.err_tail, HasSubstr(sites + ":1: the file is UTF-16LE"));
}

// Three rows a round: samples of one benchmark, in the table and in the file.
TEST(ExeTest, RepetitionsAreSamples) {
  const TareProgram tare({});
  const ProcessEnd run =
      tare.Run({"run", "--rounds", "2", "--min-time", "0.001", "--filter", "^repeated", "--exe",
                REPEATED_PLANTS, "-o", tare.results_dir()});
  EXPECT_EQ(run.code, kOk) << run.err_tail;
  int samples = 0;
  for (const result::Row& row : Results(tare, "plants_repeated.txt").file.rows) {
    EXPECT_EQ(row.name, "repeated/repeats:3");
    samples += row.Find("ns/op") != nullptr;
  }
  EXPECT_EQ(samples, 6);
}

TEST(ExeTest, ANameOfSeveralLinesIsRefused) {
  const TareProgram tare({});
  for (const char* command : {"list", "run"}) {
    const ProcessEnd end = tare.Run({command, "--exe", LINE_END_PLANTS});
    EXPECT_EQ(end.code, kFault);
    EXPECT_THAT(end.err_tail, HasSubstr("the benchmark 'two\\nlines' is registered under a name "
                                        "with a line end in it"));
  }
}

// Each row's fault is named, and the rows beside it are kept.
TEST(ExeTest, RowsThatCrashHangOrPrintAreNamed) {
  const TareProgram tare({});
  const ProcessEnd end =
      tare.Run({"run", "--rounds", "1", "--min-time", "0.001", "--timeout", "5", "--exe",
                MISBEHAVES_PLANTS, "--exe", PAUSED_PLANTS, "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kFault);
  const result::ReadOutcome read = Results(tare, "plants_misbehaves.txt");
  EXPECT_THAT(read.errors, IsEmpty());
  EXPECT_THAT(read.file.notes, Contains(ContainsRegex("^error Crashes: .* killed by signal 6")));
  EXPECT_THAT(read.file.notes, Contains(ContainsRegex("^error Hangs: .* hung: ended after 5 s")));
  EXPECT_THAT(read.file.notes,
              Contains(ContainsRegex("^error Prints: .* printed rubbish: plants_misbehaves "
                                     "output:[0-9]+: 'connected to 127.0.0.1'")));
  EXPECT_THAT(end.err_tail, HasSubstr("    the queue is not empty\n"));
  int good = 0;
  for (const result::Row& row : read.file.rows) {
    good += row.Find("ns/op") != nullptr && (row.name == "Good" || row.name == "StillGood");
  }
  EXPECT_EQ(good, 2);
  EXPECT_THAT(Results(tare, "plants_paused.txt").file.rows, Not(IsEmpty()));
}

struct NoProgram {
  const char* name;
  std::string exe;    // a path, or lines of a script
  std::string words;  // of the complaint
};

class NoProgramTest : public ::testing::TestWithParam<NoProgram> {};

TEST_P(NoProgramTest, IsNamedAndTheOthersAreKept) {
  const TareProgram tare({});
  const auto& [name, exe, words] = GetParam();
  const std::string path =
      exe.find(' ') == std::string::npos ? exe : Script(tare, std::string("my_") + name, exe);
  const ProcessEnd end =
      tare.Run({"run", "--counts-only", "--timeout", "5", "--filter", "Sort/8", "--exe", path,
                "--exe", PAUSED_PLANTS, "-o", tare.results_dir()});
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.err_tail, HasSubstr(words));
  EXPECT_TRUE(fs::exists(tare.results_dir() + "/plants_paused.txt"));
  EXPECT_EQ(tare.Run({"list", "--timeout", "5", "--exe", path}).code, kFault);
}

const char kNotLinked[] =
    " is a Google Benchmark program that is not linked with tare::benchmem_main; link it in place "
    "of benchmark::benchmark_main\n";
const char kNone[] = " is no Google Benchmark program: its --help knows no --benchmark_filter\n";

INSTANTIATE_TEST_SUITE_P(
    Planted, NoProgramTest,
    ::testing::Values(
        NoProgram{"stock", STOCK_PLANTS, STOCK_PLANTS + std::string(kNotLinked)},
        // Its main disregards flags that it does not know.
        NoProgram{"lenient", STOCK_LENIENT_PLANTS, STOCK_LENIENT_PLANTS + std::string(kNotLinked)},
        NoProgram{"silent", "/bin/true", "/bin/true" + std::string(kNone)},
        NoProgram{"echo", "/bin/echo", "/bin/echo" + std::string(kNone)},
        NoProgram{"fails", "/bin/cat", "/bin/cat" + std::string(kNone)},
        NoProgram{"crash", "kill -SEGV $$", "my_crash --tare_list killed by signal 11 (SIGSEGV)"},
        NoProgram{"hang", "exec sleep 1000", "my_hang --tare_list hung: ended after 5 s"},
        NoProgram{"chatty", "echo loading tables; exec " PAUSED_PLANTS " \"$@\"",
                  "my_chatty --tare_list:1: not a row (name, row name, quick or full, reason, "
                  "separated by tabs; what else a program has to say belongs on standard error): "
                  "'loading tables'"}),
    [](const ::testing::TestParamInfo<NoProgram>& test) { return std::string(test.param.name); });

TEST(ExeTest, WhatIsNoFileToExecuteIsMisuse) {
  const TareProgram tare({});
  const std::string plain = tare.directory() + "/plain";
  std::ofstream{plain};
  const std::vector<std::pair<std::vector<std::string>, std::string>> misuses = {
      {{"--exe", "/no/such"}, "--exe /no/such: no such file"},
      {{"--exe", "/bin"}, "--exe /bin: not a file to execute"},
      {{"--exe", plain}, plain + ": not a file to execute"},
      {{"--exe", PAUSED_PLANTS, "--exe", PAUSED_PLANTS}, "two programs are called 'plants_paused'"},
  };
  for (const auto& [exe, words] : misuses) {
    std::vector<std::string> arguments = {"run", "-o", tare.results_dir()};
    arguments.insert(arguments.end(), exe.begin(), exe.end());
    const ProcessEnd end = tare.Run(arguments);
    EXPECT_EQ(end.code, kUsage) << words;
    EXPECT_THAT(end.err_tail, HasSubstr(words));
    EXPECT_FALSE(fs::exists(tare.results_dir()));
  }
}

}  // namespace
}  // namespace tare::cli
