// SPDX-License-Identifier: Apache-2.0
// tare run --against end to end: two builds of a fake program, measured in turn and compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/exit_code.h"
#include "cli/fixture/tare_program.h"
#include "result/read_text.h"

namespace tare::cli {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kVictim[] = "Fake/Echo/variant=baseline/backend=epoll/size=64";

class Against {
 public:
  explicit Against(const std::string& behaviour = "good") : base_({behaviour}), now_({behaviour}) {
    name_ = "bench_" + behaviour;
    suite_ = behaviour;
  }

  // What a build is like; see fake_bench.cc.
  void SetBase(const std::string& text) const { SetBuild(base_, text); }
  void SetNow(const std::string& text) const { SetBuild(now_, text); }

  std::vector<std::string> Arguments(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {
        "run", "--against", base_.bin_dir(), "-o", now_.results_dir(), "--min-time", "0.001"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  ProcessEnd Run(const std::vector<std::string>& more = {}) const {
    return now_.Run(Arguments(more));
  }

  std::string File(const std::string& build) const {
    return absl::StrCat(now_.results_dir(), "/", build, "/", suite_, ".txt");
  }
  result::ResultFile Results(const std::string& build) const {
    return result::ReadText(ReadFile(File(build)), build).file;
  }
  // "<build> <pass> <row>" of each run of a row, in their order.
  std::vector<std::string> Log() const {
    std::vector<std::string> log;
    for (const std::string& line : now_.Log()) {
      const std::vector<std::string> f = absl::StrSplit(line, ' ');
      log.push_back(absl::StrCat(absl::StartsWith(f.at(4), base_.bin_dir()) ? "base " : "now ",
                                 f.at(1), " ", f.at(2)));
    }
    return log;
  }
  const TareProgram& base() const { return base_; }
  const TareProgram& now() const { return now_; }

 private:
  void SetBuild(const TareProgram& tare, const std::string& text) const {
    std::ofstream(absl::StrCat(tare.bin_dir(), "/", name_, ".build")) << text;
  }

  const TareProgram base_, now_;  // in this order: the log is the one that was made last
  std::string name_, suite_;
};

ProcessEnd Compare(const std::vector<std::string>& arguments) {
  Command command;
  command.argv = {TARE, "compare", "--filter", ".unit:ns/op"};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  return RunProcess(command, nullptr);
}

TEST(AgainstTest, BothBuildsAreRunInTurnAndTheFirstChanges) {
  const Against against;
  EXPECT_EQ(against.Run({"--rounds", "4", "--filter", "floor/size=64$|baseline"}).code, kOk);
  const std::string floor = "Fake/Echo/variant=floor/size=64";
  const std::string victim = kVictim;
  // Forwards, backwards, and both again with the other build first.
  const std::vector<std::string> want = {
      "base counts " + floor, "base counts " + victim, "now counts " + floor,
      "now counts " + victim, "base times " + floor,   "now times " + floor,
      "base times " + victim, "now times " + victim,   "base times " + victim,
      "now times " + victim,  "base times " + floor,   "now times " + floor,
      "now times " + floor,   "base times " + floor,   "now times " + victim,
      "base times " + victim, "now times " + victim,   "base times " + victim,
      "now times " + floor,   "base times " + floor};
  EXPECT_EQ(against.Log(), want);
}

TEST(AgainstTest, WritesBothFilesAndComparesTheirRounds) {
  const Against against;
  against.SetNow("slower 20");
  const ProcessEnd end = against.Run();
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, ContainsRegex("variant=baseline.* pairs +changed: worse"));
  EXPECT_THAT(end.out, HasSubstr("1 changed (1 worse)"));
  EXPECT_THAT(end.err_tail, HasSubstr("5 rows of two builds in turn, 9 rounds of 0.001 s each"));
  EXPECT_THAT(end.out, ContainsRegex("Both builds in turn, 9 rounds of 0.001 s; rows were pinned "
                                     "to cpu.*; --cpus and --no-pin"));
  const result::ResultFile base = against.Results("base"), now = against.Results("now");
  ASSERT_EQ(base.rows.size(), now.rows.size());
  EXPECT_EQ(base.rows.size(), 5u * 10);
  const auto in_turn = [](const result::ResultFile& file) {
    for (const std::string& line : file.head) {
      if (absl::StartsWith(line, "in turn: ")) return line;
    }
    return std::string();
  };
  EXPECT_NE(in_turn(base), "");
  EXPECT_EQ(in_turn(base), in_turn(now));

  // Afterwards the files know each other as well; those of another run are no pairs of theirs.
  ProcessEnd again = Compare({against.File("base"), against.File("now")});
  EXPECT_EQ(again.code, kOk) << again.err_tail;
  EXPECT_THAT(again.out, ContainsRegex("variant=baseline.* pairs +changed: worse"));
  EXPECT_THAT(Compare({"--pairs=never", against.File("base"), against.File("now")}).out,
              Not(HasSubstr(" pairs ")));
  const std::string other = against.now().directory() + "/other.txt";
  std::ofstream(other) << absl::StrReplaceAll(ReadFile(against.File("now")),
                                              {{"# in turn: ", "# in turn: x"}});
  again = Compare({against.File("base"), other});
  EXPECT_EQ(again.code, kOk) << again.err_tail;
  EXPECT_THAT(again.out, Not(HasSubstr(" pairs ")));
}

// Else they would look like rounds that agree very well.
TEST(AgainstTest, OfRepetitionsInAProcessTheMedianIsTheRound) {
  const Against against;
  against.SetBase("repeats");
  against.SetNow("repeats slower 20");
  const ProcessEnd end = against.Run();
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, ContainsRegex("variant=baseline.* \\+20\\.0.* pairs +changed: worse"));
  EXPECT_EQ(against.Results("base").rows.size(), 5u * 10);
}

TEST(AgainstTest, AProgramMayBeTheBase) {
  const Against against;
  std::vector<std::string> arguments =
      against.Arguments({"--exe", against.now().bin_dir() + "/bench_good"});
  arguments[2] = against.base().bin_dir() + "/bench_good";
  const ProcessEnd end = against.now().Run(arguments);
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, HasSubstr("0 changed"));
}

TEST(AgainstTest, ThereAreAsManyRoundsAsCanShowAChange) {
  // Five rows of two times each: 2 / 2^9 is below 0.05 / 10, and 2 / 2^8 is not.
  const Against against;
  against.SetNow("slower 20");
  EXPECT_THAT(against.Run({"--rounds", "5"}).out,
              HasSubstr("5 pairs could see no change, 9 pairs could"));
}

TEST(AgainstTest, WhatOneBuildLacksIsSaid) {
  const Against newer;
  newer.SetBase("without");
  EXPECT_EQ(newer.Run().code, kOk);
  EXPECT_THAT(newer.Results("now").notes,
              Contains(absl::StrCat("absent ", kVictim, ": the base build does not have it")));
  EXPECT_THAT(newer.Log(), Not(Contains(HasSubstr(kVictim))));

  const Against older;
  older.SetNow("without");
  EXPECT_EQ(older.Run().code, kOk);
  EXPECT_THAT(older.Results("now").notes,
              Contains(absl::StrCat("absent ", kVictim, ": only the base build has it")));
}

TEST(AgainstTest, ARowThatFailsInOneBuildIsNotMeasuredInTheOther) {
  const Against against;
  against.SetBase("crashes 0");
  const ProcessEnd end = against.Run();
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.err_tail, ContainsRegex(absl::StrCat("tare: base build: ", kVictim,
                                                       ": round 1 of 9: .*SIGSEGV")));
  EXPECT_THAT(
      against.Results("now").notes,
      Contains(HasSubstr(absl::StrCat("absent ", kVictim, ": in the base build: round 1"))));
  const std::vector<std::string> log = against.Log();
  EXPECT_EQ(std::count(log.begin(), log.end(), absl::StrCat("now times ", kVictim)), 1);
  EXPECT_THAT(end.out, HasSubstr("pairs")) << "the others are compared";
}

TEST(AgainstTest, WhatIsNotAlikeIsNotCompared) {
  const Against against;
  against.SetBase("tcp cubic");
  const ProcessEnd end = against.Run();
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.err_tail, HasSubstr("times are not compared: the results differ in tcp"));
}

TEST(AgainstTest, AnInterruptKeepsBothFilesAsPartial) {
  const Against against("hang");
  const int status =
      against.now().RunAndSignal(against.Arguments({"--timeout", "600"}), "round 1 of 9", SIGINT);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  for (const char* build : {"base", "now"}) {
    EXPECT_THAT(
        ReadFile(absl::StrCat(against.now().results_dir(), "/", build, "/hang.partial.txt")),
        HasSubstr("# partial: interrupted"));
  }
}

TEST(AgainstTest, MisuseIsUsage) {
  const Against against;
  const std::pair<std::vector<std::string>, const char*> misuses[] = {
      {{"--against", against.now().directory() + "/nowhere"}, "--against"},
      {{"--against", against.now().directory()},
       "holds none of the programs that are run, such as bench_good"},
      {{"--against", against.now().bin_dir()}, "is the build that is run itself"},
      {{"--against", ""}, "--against: it is empty"},
      {{"--against", against.base().bin_dir(), "--counts-only"}, "--counts-only"},
      {{"--cpus", "16383"}, "--cpus 16383: tare may not run on cpu 16383 here"},
      {{"--cpus", "x"}, "is no list of CPUs"},
      {{"--cpus", "0", "--no-pin"}, "--no-pin"},
      {{"--processes", "one"}, "--processes"}};
  for (const auto& [more, said] : misuses) {
    std::vector<std::string> arguments = {"run", "-o", against.now().results_dir()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessEnd end = against.now().Run(arguments);
    EXPECT_EQ(end.code, kUsage) << more.back() << end.out << end.err_tail;
    EXPECT_THAT(end.err_tail, HasSubstr(said));
  }
}

}  // namespace
}  // namespace tare::cli
