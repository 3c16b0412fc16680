// SPDX-License-Identifier: Apache-2.0
// tare gate and tare budget end to end: every exit status, the self-test, the files of a verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/exit_code.h"
#include "cli/fixture/gated.h"
#include "cli/fixture/tare_program.h"

namespace tare::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(GateTest, UnchangedCodePasses) {
  const Gated gated("gate");
  const ProcessEnd end = gated.Gate();
  EXPECT_EQ(end.code, kOk) << end.out << end.err_tail;
  EXPECT_THAT(end.out,
              HasSubstr("gate: pass: 5 benchmarks judged, 30 checks passed, 1 absent here"));
  EXPECT_THAT(gated.budgets(),
              HasSubstr(absl::StrCat("  { benchmark = \"", kBaseline,
                                     "\", allocs = 3, bytes = 96, usable = 96, syscalls = 10, "
                                     "fds_left = 0, live_bytes = 0 },\n")));
}

TEST(GateTest, OneAllocationInAThousandIsARegression) {
  const Gated gated("gate_worse");
  const ProcessEnd end = gated.Gate();
  EXPECT_EQ(end.code, kRegression) << end.err_tail;
  EXPECT_THAT(end.out, HasSubstr(absl::StrCat(kBaseline,
                                              ": allocs/op: 3.001 = 3001/1000, the "
                                              "budget is 3 (+0.001")));
  EXPECT_THAT(end.out, ContainsRegex("budgets\\.toml:[0-9]+\\]"));
}

TEST(GateTest, AnImprovementAsksForItsOneLine) {
  const Gated gated("gate_better");
  const ProcessEnd end = gated.Gate();
  EXPECT_EQ(end.code, kImprovement) << end.out;
  const ProcessEnd update =
      gated.tare().Run({"budget", "update", "--budgets", gated.budgets_path()});
  EXPECT_EQ(update.code, kOk) << update.err_tail;
  EXPECT_THAT(update.out, HasSubstr("1 row changed, 0 refused"));
  EXPECT_EQ(ReadFile(gated.budgets_path()),
            absl::StrReplaceAll(gated.budgets(),
                                {{"allocs = 3, bytes = 96,", "allocs = 2, bytes = 64,"}}));
  EXPECT_EQ(gated.Gate().code, kOk);
}

TEST(GateTest, ABudgetThatWouldRiseIsNotWritten) {
  const Gated gated("gate_worse");
  const ProcessEnd refused =
      gated.tare().Run({"budget", "update", "--budgets", gated.budgets_path()});
  EXPECT_EQ(refused.code, kRegression);
  EXPECT_THAT(refused.err_tail, HasSubstr("allocs 3 -> 3.001 = 3001/1000 is an increase"));
  EXPECT_EQ(ReadFile(gated.budgets_path()), gated.budgets());
  EXPECT_EQ(gated.tare()
                .Run({"budget", "update", "--allow-increase", "--budgets", gated.budgets_path()})
                .code,
            kOk);
  EXPECT_EQ(gated.Gate().code, kOk);
}

TEST(GateTest, WhatCannotBeJudgedFails) {
  const Gated gated("gate");
  std::filesystem::remove(gated.budgets_path());
  ProcessEnd end = gated.Gate();
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.err_tail, HasSubstr("no budgets in " + gated.budgets_path()));

  gated.SetBudgets(absl::StrReplaceAll(gated.budgets(), {{"variant=baseline", "variant=old"}}));
  end = gated.Gate();
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out, AllOf(HasSubstr(absl::StrCat(kBaseline, ": no budget in ")),
                             HasSubstr("was it renamed to " + std::string(kBaseline))));

  gated.SetBudgets(absl::StrReplaceAll(gated.budgets(), {{"os = \"linux\"", "os = \"plan9\""}}));
  end = gated.Gate();
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out, HasSubstr("it holds for os 'plan9', these results are of 'linux'"));
}

TEST(GateTest, AnUnstableCountIsNamed) {
  const ProcessEnd end = Gated("unstable").Gate();
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out, HasSubstr("the count is unstable: allocs/op 3/1000 then 4/1000"));
}

TEST(GateTest, ABrokenBenchProgramIsAFault) {
  const std::pair<const char*, const char*> kinds[] = {{"crash_in_counts", "SIGABRT"},
                                                       {"hang_in_counts", "hung: ended after 2 s"},
                                                       {"list_crash", "--tare_list"},
                                                       {"list_rubbish", "not a row"}};
  for (const auto& [behaviour, said] : kinds) {
    const ProcessEnd end = Gated(behaviour).Gate({"--timeout", "2"});
    EXPECT_EQ(end.code, kFault) << behaviour << end.out;
    EXPECT_THAT(end.out, AllOf(HasSubstr("gate: fault: "), HasSubstr(said))) << behaviour;
  }
}

TEST(GateTest, MisuseIsUsage) {
  const Gated gated("gate");
  WriteFile(gated.path("r.txt"), "BenchmarkA 1 1 ns/op\n");
  const std::vector<std::string> misuses[] = {{"--suite", "nowhere"},
                                              {"--no-such-flag"},
                                              {gated.path("none.txt")},
                                              {"--self-test", gated.path("r.txt")}};
  for (const std::vector<std::string>& more : misuses) {
    const ProcessEnd end = gated.Gate(more);
    EXPECT_EQ(end.code, kUsage) << more.back();
    EXPECT_THAT(end.err_tail, HasSubstr("tare: ")) << more.back();
  }
  ProcessEnd end = gated.Gate({}, "yesterday");
  EXPECT_EQ(end.code, kUsage);
  EXPECT_THAT(end.err_tail, HasSubstr("no day, such as 2026-11-21: yesterday"));

  gated.SetBudgets("version = 1\n[gate]\nbudgets = [ { benchmark = \"A\", alocs = 1 } ]\n");
  end = gated.Gate();
  EXPECT_EQ(end.code, kUsage);
  EXPECT_THAT(end.err_tail, HasSubstr("budgets.toml:3: unknown key 'alocs'"));
}

TEST(GateTest, FilesOfResultsAreJudgedByTheSameRules) {
  const Gated gated("gate");
  EXPECT_EQ(gated.tare().Run({"run", "--counts-only", "-o", gated.tare().results_dir()}).code, kOk);
  const std::string file = gated.tare().results_dir() + "/gate.txt";
  EXPECT_EQ(gated.Gate({file}).code, kOk);
  EXPECT_EQ(gated.Gate({gated.tare().results_dir()}).code, kOk) << "the directory";

  const std::string good = ReadFile(file);
  const auto with = [&](const std::string& value) {
    return absl::StrReplaceAll(good, {{" 3 allocs/op", " " + value}});
  };
  const auto lines_before = [&](size_t at) {
    return std::count(good.begin(), good.begin() + static_cast<int64_t>(at), '\n');
  };
  const int64_t victim = lines_before(good.find(" 3 allocs/op")) + 1;
  const int64_t after = lines_before(good.size()) + 1;
  struct Bad {
    std::string text, said;
    int64_t line;
  };
  const Bad bad[] = {
      {"", "the file is empty", 1},
      {good.substr(0, good.find(" 3 allocs/op") + 9), "the file is truncated", victim},
      {good + "\x7f" + "ELF\x01\n", "the byte 0x7f: this is no text file", after},
      {with("NaN allocs/op"), "allocs/op is NaN, which is no measurement", victim},
      {with("3 mallocs/op"), "unknown unit mallocs/op", victim},
      {with("-3 allocs/op"), "-3 allocs/op: below zero", victim},
      {with("3x allocs/op"), "parsing measurement: invalid syntax", victim},
      {good + "Benchmark" + kBaseline + " 1000 4 allocs/op\n", "an exact unit has one value",
       after},
      {"# partial: interrupted, 1 of 9 rounds are whole\n" + good, "these results are partial", 1},
      {good + std::string(70000, 'x') + "\n", "a line of 70000 bytes", after},
      {good + "Segmentation fault\n", "no line of the result format: 'Segmentation fault'", after},
  };
  for (const Bad& one : bad) {
    WriteFile(file, one.text);
    const ProcessEnd end = gated.Gate({file});
    EXPECT_EQ(end.code, kCannotJudge) << one.said;
    EXPECT_THAT(end.out,
                ContainsRegex(absl::StrCat(one.said, ".* \\[", file, ":", one.line, "\\]")));
  }
}

TEST(GateTest, TheSelfTestCatchesWhatItPlants) {
  const Gated gated("gate");
  const ProcessEnd end = gated.Gate({"--self-test"});
  EXPECT_EQ(end.code, kOk) << end.out << end.err_tail;
  // Five rows are counted; 16 bytes more are planted in the two that allocate.
  EXPECT_THAT(end.out, HasSubstr("self-test: 17 faults injected, 17 caught, 0 gates blind, 0 gates "
                                 "without a limit\n"));
}

TEST(GateTest, TheSelfTestNeedsNoProofOfAGateThatFails) {
  const ProcessEnd better = Gated("gate_better").Gate({"--self-test"});
  EXPECT_EQ(better.code, kImprovement) << better.out;
  EXPECT_THAT(better.out, HasSubstr("self-test: 15 faults injected, 15 caught, 0 gates blind"));
  const ProcessEnd worse = Gated("gate_worse").Gate({"--self-test"});
  EXPECT_EQ(worse.code, kRegression) << worse.out;
}

TEST(GateTest, AWaiverBlindsNoGate) {
  const Gated gated("gate_worse");
  gated.SetBudgets(gated.budgets() + "waivers = [\n" + WaiverOf("allocs") + WaiverOf("bytes") +
                   WaiverOf("usable") + "]\n");
  const ProcessEnd end = gated.Gate({"--self-test"});
  EXPECT_EQ(end.code, kOk) << end.out;
  EXPECT_THAT(end.out, HasSubstr("3 waived"));
  EXPECT_THAT(end.out, HasSubstr("self-test: 15 faults injected, 15 caught"));
}

TEST(GateTest, AWaiverThatIsNoLongerTrueCannotBeJudged) {
  const Gated expired("gate_worse");
  expired.SetBudgets(expired.budgets() + "waivers = [\n" + WaiverOf("allocs") + "]\n");
  ProcessEnd end = expired.Gate({}, "2027-01-01");
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out,
              ContainsRegex("the waiver expired on 2026-12-31; .*budgets\\.toml:[0-9]+\\]"));

  const Gated unused("gate");
  unused.SetBudgets(unused.budgets() + "waivers = [\n" + WaiverOf("allocs") + "]\n");
  end = unused.Gate();
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out, ContainsRegex("the waiver excuses nothing: .*budgets\\.toml:[0-9]+\\]"));
}

TEST(GateTest, AFractionIsCountedOverAsManyOperationsAsItsBudget) {
  const ProcessEnd end = Gated("gate_busy").Gate();
  EXPECT_EQ(end.code, kOk) << end.out;
  EXPECT_THAT(end.out, HasSubstr("gate: pass: 5 benchmarks judged"));
}

TEST(GateTest, TheSelfTestListsGatesThatAreBlind) {
  const ProcessEnd blind = Gated("gate_blind").Gate({"--self-test"});
  EXPECT_EQ(blind.code, kCannotJudge);
  EXPECT_THAT(blind.out,
              AllOf(HasSubstr("self-test: 17 faults injected, 5 caught, 12 gates blind"),
                    HasSubstr(absl::StrCat(kBaseline,
                                           ": blind: it did not see 'descriptor' planted: the "
                                           "program counts no more with it than without"))));

  const ProcessEnd forgets = Gated("gate_forgets").Gate({"--self-test"});
  EXPECT_EQ(forgets.code, kCannotJudge);
  EXPECT_THAT(forgets.out,
              AllOf(HasSubstr("self-test: 17 faults injected, 0 caught, 17 gates blind"),
                    HasSubstr("planted: the program counted nothing with it")));

  // A ceiling that is not tight.
  const Gated loose("gate");
  loose.SetBudgets(absl::StrReplaceAll(loose.budgets(), {{"fds_left = 0", "fds_left = 1"}}));
  const ProcessEnd unseen = loose.Gate({"--self-test"});
  EXPECT_EQ(unseen.code, kCannotJudge);
  EXPECT_THAT(unseen.out, HasSubstr("blind: it did not see 'descriptor' planted: counted 1, and "
                                    "the verdict is pass"));

  const Gated without("gate");
  without.SetBudgets(absl::StrReplaceAll(without.budgets(), {{", live_bytes = 0", ""}}));
  const ProcessEnd end = without.Gate({"--self-test"});
  EXPECT_EQ(end.code, kOk) << end.out;
  EXPECT_THAT(end.out, HasSubstr("12 caught, 0 gates blind, 5 gates without a limit"));
}

TEST(GateTest, WritesTheVerdictForPrograms) {
  for (const char* behaviour : {"gate", "gate_worse", "gate_blind", "crash_in_counts"}) {
    const Gated gated(behaviour);
    std::vector<std::string> more = {"--json",     gated.path("v.json"),
                                     "--junit",    gated.path("v.xml"),
                                     "--markdown", gated.path("v.md")};
    if (behaviour == std::string("gate_blind")) more.push_back("--self-test");
    const ProcessEnd end = gated.Gate(more);
    ExpectValid({JSONSCHEMA, "-i", gated.path("v.json"), VERDICT_SCHEMA});
    ExpectValid({XMLLINT, "--noout", "--schema", JUNIT_SCHEMA, gated.path("v.xml")});
    EXPECT_THAT(ReadFile(gated.path("v.json")),
                HasSubstr(absl::StrCat("\"exit_status\": ", end.code)));
    EXPECT_THAT(ReadFile(gated.path("v.md")), HasSubstr("### Allocation gate: "));
  }
}

TEST(GateTest, AVerdictThatCannotBeWrittenIsAFault) {
  const ProcessEnd end = Gated("gate").Gate({"--json", "/dev/null/v.json"});
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.err_tail, HasSubstr("cannot write /dev/null/v.json"));
}

TEST(GateTest, OnlyTheSuitesNamedAreMissed) {
  const TareProgram tare({"gate", "silent"});
  const std::string budgets = tare.directory() + "/b.toml";
  EXPECT_EQ(tare.Run({"budget", "update", "--suite", "gate", "--budgets", budgets}).code, kOk);
  EXPECT_EQ(tare.Run({"gate", "--suite", "gate", "--budgets", budgets}).code, kOk);
  EXPECT_EQ(tare.Run({"budget", "update", "--suite", "gate", "--prune", "--budgets", budgets}).code,
            kUsage);
}

TEST(GateTest, SomeRowsAloneMissNothing) {
  const Gated gated("gate");
  ProcessEnd end = gated.Gate({"--quick"});
  EXPECT_EQ(end.code, kOk) << end.out;
  EXPECT_THAT(end.out, HasSubstr("gate: pass: 4 benchmarks judged, 24 checks passed"));
  end = gated.Gate({"--filter", "variant=(floor|baseline)"});
  EXPECT_EQ(end.code, kOk) << end.out;
  EXPECT_THAT(end.out, HasSubstr("gate: pass: 3 benchmarks judged, 18 checks passed"));
  EXPECT_EQ(gated.Gate({"--filter", "("}).code, kUsage);
  EXPECT_EQ(gated.Gate({"--filter", "nowhere"}).code, kCannotJudge);
}

ProcessEnd Explain(const Gated& gated, const std::vector<std::string>& more) {
  Command command;
  command.argv = {TARE, "budget", "explain", "--budgets", gated.budgets_path()};
  command.argv.insert(command.argv.end(), more.begin(), more.end());
  return RunProcess(command, nullptr);
}

TEST(BudgetTest, ExplainShowsFileLineAndWhy) {
  const Gated gated("gate");
  gated.SetBudgets(
      absl::StrReplaceAll(gated.budgets(), {{"budgets = [\n",
                                             "budgets = [\n  { benchmark = \"Fake/*\", allocs = 9, "
                                             "bytes = 9 },\n"}}));
  const ProcessEnd end = Explain(gated, {kBaseline});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, ContainsRegex("budgets\\.toml:[0-9]+: its name is the benchmark's"
                                     "\n  allocs     exactly 3: allocations per"));
  EXPECT_THAT(end.out, HasSubstr("less specific: the pattern 'Fake/*' matches\n"));
  const ProcessEnd elsewhere = Explain(gated, {kBaseline, "--when", "os=plan9"});
  EXPECT_EQ(elsewhere.code, kCannotJudge);
  EXPECT_THAT(elsewhere.out, HasSubstr("it holds for os 'linux', these results are of 'plan9'"));
  EXPECT_EQ(Explain(gated, {kBaseline, "--when", "plan9"}).code, kUsage);
}

}  // namespace
}  // namespace tare::cli
