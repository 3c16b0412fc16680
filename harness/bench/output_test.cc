// SPDX-License-Identifier: Apache-2.0
// What a benchmark program prints and how it exits: head, names, outcomes, list, flags, lost
// output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "bench/run_program.h"
#include "tare/alloc_scope.h"

namespace tare::bench {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

bool NothingIsCounted() {
  return !AllocScope::WhyNot().empty();
}

std::vector<std::string> Names(const std::vector<result::Row>& rows) {
  std::vector<std::string> names;
  for (const result::Row& row : rows) names.push_back(row.name);
  return names;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

const std::vector<std::string> kQuickly = {"--benchmark_min_time=0.002"};

TEST(Head, SaysWhereAndHowItWasMeasured) {
  const Finished finished =
      RunProgram(EXACT_PLANTS, {"--benchmark_min_time=0.002", "--benchmark_filter=^Empty$"});
  const result::ResultFile results = ReadResults(finished);
  ASSERT_FALSE(results.head.empty());
  EXPECT_THAT(results.head[0], AllOf(StartsWith("tare "), HasSubstr(" · counts ")));
  for (const char* key : {"os", "arch", "cpu", "kernel", "compiler", "allocator"}) {
    EXPECT_NE(results.config.Find(key), nullptr) << key;
  }
  EXPECT_EQ(results.units.Find("ns/op")->better(), result::Better::kLower);
  EXPECT_FALSE(results.units.IsExact("ns/op"));
  if (NothingIsCounted()) {
    EXPECT_EQ(results.units.Find("allocs/op"), nullptr);
    EXPECT_THAT(results.head, testing::Contains(StartsWith("not applicable: allocs/op: ")));
    EXPECT_EQ(results.rows.at(0).Find("allocs/op"), nullptr);
    EXPECT_NE(results.rows.at(0).Find("ns/op"), nullptr);
  } else {
    for (const char* unit : {"allocs/op", "B/op", "usable-B/op"}) {
      EXPECT_TRUE(results.units.IsExact(unit)) << unit;
    }
  }
}

TEST(Rows, UserCountersAndLabelsAreKept) {
  const result::ResultFile results = ReadResults(
      RunProgram(EXACT_PLANTS, {"--benchmark_min_time=0.002", "--benchmark_filter=OwnCounters"}));
  ASSERT_EQ(results.rows.size(), 1u);
  ASSERT_NE(results.rows[0].Find("widgets_per_box"), nullptr);
  EXPECT_EQ(*results.rows[0].Find("widgets_per_box"), 12);
  EXPECT_NE(results.rows[0].Find("items_per_second"), nullptr);
  EXPECT_THAT(results.notes, ElementsAre("note OwnCounters/0: nan is not a finite number; left out",
                                         "label OwnCounters/0: two lines"));
}

// Three rows for three repetitions, also where the benchmark asks for aggregates only; no row for
// an aggregate or a complexity.
TEST(Rows, AggregatesAreNone) {
  const result::ResultFile results = ReadResults(RunProgram(
      EXACT_PLANTS, {"--benchmark_min_time=0.002", "--benchmark_filter=NewThreeRepeated|Growing"}));
  EXPECT_THAT(Names(results.rows),
              ElementsAre("NewThreeRepeated/repeats:3", "NewThreeRepeated/repeats:3",
                          "NewThreeRepeated/repeats:3", "Growing/1", "Growing/2", "Growing/4",
                          "Growing/8"));
}

TEST(Rows, OutcomesAreNamed) {
  const Finished finished = RunProgram(OUTCOME_PLANTS, kQuickly);
  EXPECT_EQ(finished.exit_status, 1);
  const result::ResultFile results = ReadResults(finished);
  std::vector<std::string> rows = {"Good", "OffByOne", "Unstable", "StillGood/threads=2"};
  std::vector<std::string> notes = {"absent AbsentHere: no such device",
                                    "absent AbsentThreads/threads=4: no such device",
                                    "absent AbsentByMessage: no such device",
                                    "error FailsAtOnce/repeats:2: cannot connect",
                                    "error FailsInTheMiddle: wrong answer",
                                    "error FailsInOneThread/threads=4: thread 0 gave up"};
  if (NothingIsCounted()) {
    rows.insert(rows.begin() + 3, {"LosesCounts", "OwnCount/iterations:4"});
    EXPECT_THAT(results.notes, testing::ElementsAreArray(notes));
  } else {
    ASSERT_EQ(results.notes.size(), 8u);
    EXPECT_THAT(results.notes[6], StartsWith("error LosesCounts: not counted: "));
    EXPECT_THAT(results.notes[7], StartsWith("error OwnCount/iterations:4: not counted: "));
    EXPECT_EQ(std::vector(results.notes.begin(), results.notes.begin() + 6), notes);
    EXPECT_EQ(*results.rows.back().Find("allocs/op"), 1);
  }
  EXPECT_EQ(Names(results.rows), rows);
}

TEST(Rows, AbsentIsNoError) {
  for (const char* mode : {"--benchmark_min_time=0.002", "--counts-only"}) {
    const Finished finished = RunProgram(OUTCOME_PLANTS, {mode, "--benchmark_filter=Absent"});
    EXPECT_EQ(finished.exit_status, 0) << mode;
    EXPECT_THAT(finished.out, HasSubstr("# absent AbsentHere: ")) << mode;
    EXPECT_THAT(finished.out, HasSubstr("# absent AbsentByMessage: ")) << mode;
  }
}

TEST(CountsOnly, OutcomesAreNamed) {
  const Finished finished = RunProgram(OUTCOME_PLANTS, {"--counts-only"});
  const result::ResultFile results = ReadResults(finished);
  if (NothingIsCounted()) {
    EXPECT_EQ(finished.exit_status, 0);
    EXPECT_THAT(results.rows, IsEmpty());
    // No row: these comments follow the head.
    EXPECT_THAT(finished.out, HasSubstr("# absent Good: "));
    return;
  }
  EXPECT_EQ(finished.exit_status, 1);
  EXPECT_THAT(Names(results.rows), ElementsAre("Good", "OffByOne", "StillGood/threads=2"));
  EXPECT_EQ(results.rows[0].iterations, 1000);
  EXPECT_EQ(results.rows[2].iterations, 2000);  // 1,000 in each thread
  ASSERT_EQ(results.notes.size(), 9u);
  EXPECT_EQ(results.notes[0], "absent AbsentHere: no such device");
  EXPECT_EQ(results.notes[2], "absent AbsentByMessage: no such device");
  // A plant that allocates once more in each of its runs; it takes some to warm up.
  EXPECT_THAT(results.notes[6],
              ContainsRegex("^unstable Unstable: allocs/op 100([0-8])/1000 then 100[1-9]/1000, "
                            "B/op 16[0-9]*/1000 then 16[0-9]*/1000, usable-B/op "));
  EXPECT_THAT(results.notes[7], StartsWith("error LosesCounts: not counted: "));
  EXPECT_THAT(results.notes[8], StartsWith("error OwnCount/iterations:4: not counted: "));
}

TEST(CountsOnly, UnstableIsNoError) {
  const Finished finished =
      RunProgram(OUTCOME_PLANTS, {"--counts-only", "--benchmark_filter=Unstable"});
  EXPECT_EQ(finished.exit_status, 0);
}

TEST(CountsOnly, IterationsAreAConstantOfTheRow) {
  if (NothingIsCounted()) {
    std::cout << "not applicable: " << AllocScope::WhyNot() << "\n";
    return;
  }
  const result::ResultFile suite = ReadResults(RunProgram(SUITE_PLANTS, {"--counts-only"}));
  EXPECT_THAT(Names(suite.rows),
              ElementsAre("quick", "full", "fixed/threads=2", "Slow/200", "Slow/4000"));
  EXPECT_EQ(suite.rows[0].iterations, 1000);
  EXPECT_EQ(suite.rows[2].iterations, 128);  // 64 in each thread
  EXPECT_EQ(suite.rows[3].iterations, 100);
  EXPECT_EQ(suite.rows[4].iterations, 8);
  // Iterations() is the benchmark's own constant; MinTime() is no reason to abort.
  const result::ResultFile own = ReadResults(RunProgram(
      EXACT_PLANTS, {"--counts-only", "--benchmark_filter=FiveIterations|Warm|ProcessTime"}));
  EXPECT_THAT(Names(own.rows), ElementsAre("NewThreeProcessTime/min_time:0.002/process_time",
                                           "NewThreeWarm/min_time:0.002/min_warmup_time:0.001",
                                           "NewThreeFiveIterations/iterations:5/threads=2"));
  EXPECT_EQ(own.rows[0].iterations, 1000);
  EXPECT_EQ(own.rows[2].iterations, 10);
}

TEST(CountsOnly, IterationsMayBeAskedFor) {
  if (NothingIsCounted()) {
    std::cout << "not applicable: " << AllocScope::WhyNot() << "\n";
    return;
  }
  const Finished finished = RunProgram(
      SUITE_PLANTS, {"--counts-only", "--tare_iterations=6", "--benchmark_filter=quick|fixed"});
  const result::ResultFile results = ReadResults(finished);
  ASSERT_THAT(Names(results.rows), ElementsAre("quick", "fixed/threads=2")) << finished.out;
  EXPECT_EQ(results.rows[0].iterations, 6);
  EXPECT_EQ(results.rows[1].iterations, 6);  // 3 in each thread
  const Finished odd = RunProgram(
      SUITE_PLANTS, {"--counts-only", "--tare_iterations=7", "--benchmark_filter=fixed"});
  EXPECT_EQ(odd.exit_status, 1);
  EXPECT_THAT(odd.out, HasSubstr("# error fixed/threads=2: its 2 threads cannot share 7"));
}

TEST(Absent, IsListedAndReported) {
  for (const char* mode : {"--benchmark_min_time=0.002", "--counts-only"}) {
    const Finished finished = RunProgram(SUITE_PLANTS, {mode, "--benchmark_filter=^absent"});
    EXPECT_EQ(finished.exit_status, 0);
    EXPECT_THAT(finished.out, HasSubstr("# absent absent: "));
    EXPECT_THAT(finished.out, HasSubstr("# absent absent/threads=2: "));
    if (!NothingIsCounted()) {
      EXPECT_THAT(finished.out, HasSubstr("# absent absent: the kernel has no such call\n"));
    }
  }
}

TEST(List, HasALineForEachRow) {
  const Finished finished = RunProgram(SUITE_PLANTS, {"--tare_list"});
  EXPECT_EQ(finished.exit_status, 0);
  EXPECT_EQ(finished.out,
            "quick\tquick\tquick\t\n"
            "full\tfull\tfull\t\n"
            "fixed/threads:2\tfixed/threads=2\tfull\t\n"
            "Slow/200\tSlow/200\tfull\t\n"
            "Slow/4000\tSlow/4000\tfull\t\n"
            "absent/threads:1\tabsent\tquick\tthe kernel has no such call\n"
            "absent/threads:2\tabsent/threads=2\tquick\tthe kernel has no such call\n");
}

// The names we compose for the list are Google Benchmark's, in its order.
TEST(List, AgreesWithGoogleBenchmark) {
  for (const char* program : {EXACT_PLANTS, OUTCOME_PLANTS, NAME_PLANTS, SUITE_PLANTS}) {
    for (const char* filter : {"", "all", "a", "-a", "threads:[24]$|real"}) {
      const std::string flag = std::string("--benchmark_filter=") + filter;
      std::string ours;
      for (std::string line : Lines(RunProgram(program, {"--tare_list", flag}).out)) {
        line.resize(line.find('\t'));
        if (const size_t tab = line.find("\\t"); tab != std::string::npos)
          line.replace(tab, 2, "\t");
        ours += line + '\n';
      }
      const Finished theirs = RunProgram(program, {"--benchmark_list_tests=true", flag});
      EXPECT_EQ(ours, theirs.out) << program << " " << flag;
    }
  }
}

TEST(Formats, GoogleBenchmarksOwnHaveTheCountsToo) {
  const std::string filter = "--benchmark_filter=^NewThree$";
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"--tare_format=gbench", filter, kQuickly[0]},
        std::vector<std::string>{"--benchmark_format=json", filter, kQuickly[0]}}) {
    const Finished finished = RunProgram(EXACT_PLANTS, args);
    EXPECT_EQ(finished.exit_status, 0);
    EXPECT_THAT(finished.out, Not(HasSubstr("BenchmarkNewThree")));
    EXPECT_THAT(finished.out, ContainsRegex("NewThree"));
    if (!NothingIsCounted()) {
      EXPECT_THAT(finished.out, ContainsRegex("allocs/op(=3|\": 3\\.0)"));
    }
  }
}

TEST(Formats, ErrorsShowInTheExitStatusOfAnyReporter) {
  const Finished finished = RunProgram(
      OUTCOME_PLANTS, {"--tare_format=gbench", "--benchmark_filter=FailsAtOnce", kQuickly[0]});
  EXPECT_EQ(finished.exit_status, 1);
  EXPECT_THAT(finished.err, HasSubstr("at least one row failed"));
}

struct BadFlags {
  std::vector<std::string> args;
  const char* named;  // in the message
};

TEST(Flags, WhatMakesNoSenseIsNamedAndExitsWithTwo) {
  for (const BadFlags& bad : std::vector<BadFlags>{
           {{"--conts-only"}, "--conts-only"},
           {{"--tare_lst"}, "--tare_lst"},
           {{"stray"}, "stray"},
           {{"--counts-only=1"}, "--counts-only=1"},
           {{"--tare_format=json"}, "--tare_format=json"},
           {{"--benchmark_format=xml"}, "--benchmark_ flag"},
           {{"--benchmark_min_time=soon"}, "--benchmark_min_time=soon"},
           {{"--benchmark_min_time=0.5m"}, "--benchmark_min_time=0.5m: seconds are expected"},
           {{"--benchmark_min_time=s"}, "--benchmark_min_time=s"},
           {{"--benchmark_min_time=1.5x"}, "--benchmark_min_time=1.5x"},
           {{"--benchmark_min_time=-1"}, "--benchmark_min_time=-1"},
           {{"--counts-only", "--tare_list"}, "--counts-only and --tare_list"},
           {{"--counts-only", "--benchmark_format=json"}, "--benchmark_format=json"},
           {{"--counts-only", "--benchmark_out=x"}, "--benchmark_out=x"},
           {{"--tare_format=go", "--benchmark_format=csv"}, "--benchmark_format=csv"},
           {{"--counts-only", "--tare_plant=weed"}, "--tare_plant=weed"},
           {{"--counts-only", "--tare_plant=alloc,"}, "--tare_plant=alloc,"},
           {{"--counts-only", "--tare_iterations=0"}, "--tare_iterations=0"},
           {{"--counts-only", "--tare_iterations=1e3"}, "--tare_iterations=1e3"},
           {{"--tare_iterations=8"}, "--tare_iterations"},
           {{"--tare_plant=alloc"}, "--tare_plant="},
           {{"--benchmark_filter=("}, "--benchmark_filter=("},
           {{"--benchmark_filter=Nowhere"}, "Nowhere"},
           {{"--counts-only", "--benchmark_filter=Nowhere"}, "Nowhere"},
           {{"--tare_list", "--benchmark_filter=Nowhere"}, "Nowhere"},
       }) {
    const Finished finished = RunProgram(EXACT_PLANTS, bad.args);
    EXPECT_EQ(finished.exit_status, 2) << bad.named;
    EXPECT_THAT(finished.err, HasSubstr(bad.named));
    EXPECT_EQ(finished.out, "") << bad.named;
  }
}

// One spelling for every version of Google Benchmark, none of which says a word about it.
TEST(Flags, TheMinimalTimeMayHaveItsUnit) {
  for (const char* value : {"0.002", "0.002s", "2e-3s"}) {
    const Finished finished = RunProgram(
        EXACT_PLANTS, {"--benchmark_min_time=9", std::string("--benchmark_min_time=") + value,
                       "--benchmark_filter=^Empty$"});
    EXPECT_EQ(finished.exit_status, 0) << value;
    EXPECT_EQ(finished.err, "") << value;
    EXPECT_EQ(ReadResults(finished).rows.size(), 1u) << value;
  }
}

TEST(Flags, HelpNamesOurs) {
  const Finished finished = RunProgram(EXACT_PLANTS, {"--help"});
  EXPECT_EQ(finished.exit_status, 0);
  EXPECT_THAT(finished.out, AllOf(HasSubstr("--benchmark_filter"), HasSubstr("--counts-only")));
}

// A main of the program's own that never asks for what the flags say.
TEST(Flags, ThatAMainDoesNotHeedAreAnError) {
  const Finished finished =
      RunProgram(OWN_REPORTER_PLANTS, {"--counts-only", "--benchmark_min_time=0.002"});
  EXPECT_EQ(finished.exit_status, 2);
  EXPECT_THAT(finished.err, HasSubstr("--counts-only"));
}

TEST(Output, AFullDiskIsAnError) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  for (const char* mode :
       {"--tare_list", "--counts-only", "--tare_format=go", "--tare_format=gbench"}) {
    const Finished finished = RunProgram(
        EXACT_PLANTS, {mode, "--benchmark_min_time=0.002", "--benchmark_filter=^Empty$"}, full);
    EXPECT_EQ(finished.exit_status, 1) << mode;
    EXPECT_THAT(finished.err, HasSubstr("standard output: ")) << mode;
  }
  close(full);
}

// A pipe nobody reads ends a program by SIGPIPE; one that ignores the signal must notice by itself.
TEST(Output, AClosedPipeIsAnError) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  close(ends[0]);
  for (const bool ignored : {false, true}) {
    const sighandler_t before = signal(SIGPIPE, ignored ? SIG_IGN : SIG_DFL);
    const Finished finished = RunProgram(EXACT_PLANTS, {"--tare_list"}, ends[1]);
    signal(SIGPIPE, before);
    if (ignored) {
      EXPECT_EQ(finished.exit_status, 1);
      EXPECT_THAT(finished.err, HasSubstr("standard output: Broken pipe"));
    } else {
      EXPECT_EQ(finished.signal, SIGPIPE);
    }
  }
  close(ends[1]);
}

}  // namespace
}  // namespace tare::bench
