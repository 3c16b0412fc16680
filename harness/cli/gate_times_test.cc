// SPDX-License-Identifier: Apache-2.0
// tare gate --times end to end: two builds of a fake program, run in turn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/exit_code.h"
#include "cli/fixture/gated.h"
#include "cli/fixture/tare_program.h"

namespace tare::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// A suite that passes the gate of its counts, beside a base build of the same program.
class Timed {
 public:
  Timed() : base_({"gate"}) {}

  // What the build of the program is like; see fake_bench.cc.
  void SetBuild(const std::string& text) const { Write(gated_.tare(), text); }
  void SetBase(const std::string& text) const { Write(base_, text); }

  ProcessEnd Gate(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"--times", base_.bin_dir(), "--min-time", "0.001"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return gated_.Gate(arguments);
  }

  // "<build> <row>" of each time that a row was timed, in their order.
  std::vector<std::string> Log() const {
    std::vector<std::string> log;
    for (const std::string& line : base_.Log()) {
      const std::vector<std::string> f = absl::StrSplit(line, ' ');
      if (f.at(1) != "times") continue;
      const bool is_base = absl::StartsWith(f.at(4), base_.bin_dir());
      log.push_back(absl::StrCat(is_base ? "base " : "now ", f.at(2)));
    }
    return log;
  }
  const Gated& gated() const { return gated_; }
  const TareProgram& base() const { return base_; }

 private:
  static void Write(const TareProgram& tare, const std::string& text) {
    WriteFile(tare.bin_dir() + "/bench_gate.build", text);
  }

  const Gated gated_{"gate"};  // before the base: the log is that of what was made last
  const TareProgram base_;
};

TEST(GateTimesTest, AnEqualBuildPasses) {
  const Timed timed;
  const ProcessEnd end = timed.Gate();
  EXPECT_EQ(end.code, kOk) << end.out << end.err_tail;
  EXPECT_THAT(end.out, ContainsRegex("times: 5 benchmarks against .*/bin; a regression lies beyond "
                                     "5 % with its 95 % interval"));
}

TEST(GateTimesTest, ASlowerBuildIsARegressionOfTimeAlone) {
  const Timed timed;
  timed.SetBuild("slower 20");
  const ProcessEnd end =
      timed.Gate({"--json", timed.gated().path("v.json"), "--junit", timed.gated().path("v.xml"),
                  "--keep", timed.gated().path("kept")});
  EXPECT_EQ(end.code, kRegression) << end.out << end.err_tail;
  EXPECT_THAT(end.out,
              ContainsRegex(absl::StrCat(kBaseline,
                                         ": time: 1\\.[12][0-9]* of the base build's \\[.*over 9 "
                                         "rounds, p 0.0039 \\(Holm 0.02")));
  EXPECT_THAT(end.out, HasSubstr(", 1 regression"));
  ExpectValid({JSONSCHEMA, "-i", timed.gated().path("v.json"), VERDICT_SCHEMA});
  ExpectValid({XMLLINT, "--noout", "--schema", JUNIT_SCHEMA, timed.gated().path("v.xml")});
  EXPECT_THAT(ReadFile(timed.gated().path("v.json")), HasSubstr("\"min_effect\": 0.05"));

  // What was measured can be looked at, and the rounds are pairs.
  Command compare;
  compare.argv = {TARE,
                  "compare",
                  "--pairs=always",
                  timed.gated().path("kept/base/gate.txt"),
                  timed.gated().path("kept/now/gate.txt"),
                  "--filter",
                  ".unit:ns/op"};
  const ProcessEnd compared = RunProcess(compare, nullptr);
  EXPECT_EQ(compared.code, kOk) << compared.err_tail;
  EXPECT_THAT(compared.out, ContainsRegex("variant=baseline.* pairs +changed: worse"));

  // Nothing is judged that nobody asked for, and less than was asked for is none.
  EXPECT_EQ(timed.gated().Gate().code, kOk);
  EXPECT_EQ(timed.Gate({"--min-effect", "30"}).code, kOk);
  EXPECT_EQ(timed.Gate({"--filter", "variant=floor"}).code, kOk);
}

TEST(GateTimesTest, AFasterBuildPasses) {
  const Timed timed;
  timed.SetBase("slower 50");
  EXPECT_EQ(timed.Gate().code, kOk);
}

TEST(GateTimesTest, AWaiverForTime) {
  const Timed timed;
  timed.SetBuild("slower 20");
  timed.gated().SetBudgets(timed.gated().budgets() + "waivers = [\n" + WaiverOf("time") + "]\n");
  EXPECT_EQ(timed.Gate().code, kOk);
  EXPECT_EQ(timed.gated().Gate().code, kOk) << "idle where times are not judged";
  timed.SetBuild("");
  EXPECT_EQ(timed.Gate().code, kOk) << "idle: the base may have the slowdown in itself";
}

TEST(GateTimesTest, WhatCannotBePairedIsSaid) {
  const Timed unlike;
  unlike.SetBase("tcp cubic");
  ProcessEnd end = unlike.Gate();
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out, HasSubstr("time: what is not alike is not compared: tcp changed from "
                                 "'cubic' to 'bbr' in the now build"));

  const Timed newer;
  newer.SetBase("without");
  end = newer.Gate();
  EXPECT_EQ(end.code, kOk) << end.out;
  EXPECT_THAT(end.out, HasSubstr("time: the base build does not have it"));
  EXPECT_THAT(end.out, HasSubstr("times: 4 benchmarks"));

  const Timed few;
  end = few.Gate({"--rounds", "6"});
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out, HasSubstr("6 rounds of 5 benchmarks could show no regression"));
}

TEST(GateTimesTest, WhatOnlyOneBuildHasIsNoPass) {
  const Timed timed;
  timed.SetBuild("without");
  ProcessEnd end = timed.Gate();
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out, HasSubstr(absl::StrCat(kBaseline, ": time: only the base build has it")));
  // What was not asked for is not missed.
  EXPECT_THAT(timed.Gate({"--filter", "variant=floor"}).out,
              testing::Not(HasSubstr("only the base build has it")));

  const Gated gated("gate");
  const TareProgram more({"gate", "silent"});
  const std::vector<std::string> times = {"--times", more.bin_dir(), "--min-time", "0.001"};
  end = gated.Gate(times);
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.out, HasSubstr("time: only the base build has bench_silent"));
  std::vector<std::string> lenient = times;
  lenient.push_back("--allow-absent");
  EXPECT_EQ(gated.Gate(lenient).code, kOk);
}

TEST(GateTimesTest, ABuildThatDiesIsAFault) {
  const Timed timed;
  timed.SetBase("crashes 0");
  const ProcessEnd end = timed.Gate();
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.out,
              ContainsRegex(absl::StrCat(kBaseline, ": time: base build, round 1: .*SIGSEGV")));
}

// It is not run again, and what it has measured before is not judged.
TEST(GateTimesTest, ABuildThatDiesLateHasNoRounds) {
  const Timed timed;
  timed.SetBuild("crashes 20");
  const ProcessEnd end = timed.Gate({"--rounds", "12"});
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.out,
              ContainsRegex(absl::StrCat(kBaseline, ": time: now build, round 11: .*SIGSEGV")));
  EXPECT_THAT(end.out, HasSubstr("times: 4 benchmarks"));
  const std::vector<std::string> log = timed.Log();
  EXPECT_EQ(std::count(log.begin(), log.end(), absl::StrCat("now ", kBaseline)), 11);
  EXPECT_EQ(std::count(log.begin(), log.end(), "base Fake/Echo/variant=floor/size=64"), 12);
}

TEST(GateTimesTest, BothBuildsAreRunInTurnAndTheFirstChanges) {
  const Timed timed;
  EXPECT_EQ(timed.Gate({"--filter", "floor/size=64$|baseline"}).code, kOk);
  const std::string floor = "Fake/Echo/variant=floor/size=64";
  const std::string victim = kBaseline;
  // Forwards, backwards, and both again with the other build first.
  const std::vector<std::string> want = {
      "base " + floor,  "now " + floor,   "base " + victim, "now " + victim,
      "base " + victim, "now " + victim,  "base " + floor,  "now " + floor,
      "now " + floor,   "base " + floor,  "now " + victim,  "base " + victim,
      "now " + victim,  "base " + victim, "now " + floor,   "base " + floor};
  std::vector<std::string> log = timed.Log();
  ASSERT_EQ(log.size(), 9u * 4);
  log.resize(want.size());
  EXPECT_EQ(log, want);
}

// Else they would look like rounds that agree very well.
TEST(GateTimesTest, OfRepetitionsInAProcessTheMedianIsTheRound) {
  const Timed timed;
  timed.SetBase("repeats");
  timed.SetBuild("repeats slower 20");
  const ProcessEnd end = timed.Gate({"--keep", timed.gated().path("kept")});
  EXPECT_EQ(end.code, kRegression) << end.out << end.err_tail;
  EXPECT_THAT(end.out,
              ContainsRegex(absl::StrCat(
                  kBaseline, ": time: 1\\.[12][0-9]* of the base build's .*over 9 rounds")));
  for (const char* build : {"base", "now"}) {
    const std::string kept =
        ReadFile(absl::StrCat(timed.gated().path("kept/"), build, "/gate.txt"));
    const std::vector<std::string> rows =
        absl::StrSplit(kept, absl::StrCat("Benchmark", kBaseline));
    EXPECT_EQ(rows.size(), 1u + 9);
  }

  // Of builds that repeat it unlike as well.
  timed.SetBase("");
  EXPECT_THAT(timed.Gate().out, ContainsRegex(absl::StrCat(kBaseline, ": time: 1\\.[12]")));
}

TEST(GateTimesTest, MisuseIsUsage) {
  const Timed timed;
  const std::pair<std::vector<std::string>, const char*> misuses[] = {
      {{"--times", timed.gated().path("nowhere")}, "nowhere: no such file"},
      {{"--times", timed.gated().path("")},
       "holds none of the programs that are run, such as "
       "bench_gate"},
      {{"--min-effect", "5"}, "--times"},
      {{"--times", "x", timed.gated().budgets_path()}, "results"},
      {{"--times", ""}, "--times: it is empty"},
      {{"--times", timed.gated().tare().bin_dir()}, "is the build that is run itself"},
      {{"--times", timed.base().bin_dir(), "--min-effect", "nan"}, "is no number from 0 to 1000"},
      {{"--times", timed.base().bin_dir(), "--keep", "/dev/null"}, "cannot write results"},
      {{"--json", timed.gated().path("v"), "--junit", timed.gated().path("v")}, "two forms"}};
  for (const auto& [more, said] : misuses) {
    const ProcessEnd end = timed.gated().Gate(more);
    EXPECT_EQ(end.code, kUsage) << more.back() << end.out;
    EXPECT_THAT(end.err_tail, HasSubstr(said));
  }
}

}  // namespace
}  // namespace tare::cli
