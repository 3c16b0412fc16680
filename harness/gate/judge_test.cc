// SPDX-License-Identifier: Apache-2.0
// Every way to pass and to fail, from texts of budgets and results.
#include "gate/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace tare::gate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kBudgetOfA[] = "{ benchmark = \"A\", allocs = 2, bytes = 96, syscalls = 8 },\n";
constexpr char kA[] = "BenchmarkA 1000 2 allocs/op 96 B/op 6 syscalls/op\n";

class Case {
 public:
  Case(absl::string_view budgets, absl::string_view results) {
    const auto parsed =
        ParseBudgets(absl::StrCat("version = 1\n[gate]\nbudgets = [\n", budgets, "]\n"), "b.toml");
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    budgets_ = *parsed;
    evidence_ = {ReadEvidence(results, "r.txt")};
    options_.today = "2026-11-21";
  }
  Case& AllowAbsent() {
    options_.allow_absent = true;
    return *this;
  }
  Case& Elsewhere(const char* name) {
    options_.elsewhere = {name};
    return *this;
  }
  Verdict Judge() const { return gate::Judge(budgets_, evidence_, options_); }
  int Exit() const { return Judge().ExitStatus(); }
  // Everything but passes: "<outcome> <benchmark> <metric>: <message> [<where>]".
  std::vector<std::string> Findings() const {
    std::vector<std::string> lines;
    for (const Finding& f : Judge().findings) {
      if (f.outcome == Outcome::kPass) continue;
      lines.push_back(absl::StrCat(Name(f.outcome), " ", f.benchmark, " ", f.metric, ": ",
                                   f.message, " [", f.where, "]"));
    }
    return lines;
  }

 private:
  Budgets budgets_;
  std::vector<Evidence> evidence_;
  JudgeOptions options_;
};

TEST(Judge, WhatCostsItsBudgetPasses) {
  const Case good(kBudgetOfA, kA);
  EXPECT_THAT(good.Findings(), IsEmpty());
  EXPECT_EQ(good.Exit(), 0);
  EXPECT_EQ(good.Judge().benchmarks, 1);
  EXPECT_EQ(good.Judge().Count(Outcome::kPass), 3u);
}

TEST(Judge, OneAllocationInAThousandIsARegression) {
  const Case more(kBudgetOfA, "BenchmarkA 1000 2.001 allocs/op 96 B/op 6 syscalls/op\n");
  EXPECT_THAT(more.Findings(),
              ElementsAre("regression A allocs: allocs/op: 2.001 = 2001/1000, the budget is 2 "
                          "(+0.001, +0.05 %) [b.toml:4]"));
  EXPECT_EQ(more.Exit(), 1);
}

// In total the two are the same.
TEST(Judge, AnAllocationThatGoesFromTheLibraryToUsIsARegression) {
  const std::string budget =
      "{ benchmark = \"A\", allocs = 2, bytes = 96, own_allocs = 1, lib_allocs = 1 },\n";
  const auto findings = [&](absl::string_view more) {
    return Case(budget, absl::StrCat("BenchmarkA 1000 2 allocs/op 96 B/op ", more, "\n"))
        .Findings();
  };
  EXPECT_THAT(findings("1 own-allocs/op 1 lib-allocs/op"), IsEmpty());
  EXPECT_THAT(findings("1.001 own-allocs/op 0.999 lib-allocs/op"),
              ElementsAre(HasSubstr("regression A own_allocs: own-allocs/op: 1.001 = 1001/1000"),
                          HasSubstr("improvement A lib_allocs: lib-allocs/op: 0.999 = 999/1000")));
  EXPECT_THAT(findings(""),
              ElementsAre(HasSubstr("cannot judge A own_allocs: own-allocs/op is missing: the "
                                    "benchmark accounts for no library apart"),
                          HasSubstr("cannot judge A lib_allocs: lib-allocs/op is missing")));
}

TEST(Judge, FromNothingToSomethingIsAbsolute) {
  const Case more("{ benchmark = \"A\", allocs = 0, bytes = 0 },\n",
                  "BenchmarkA 1000 0.001 allocs/op 0.016 B/op\n");
  EXPECT_THAT(more.Findings(),
              ElementsAre("regression A allocs: allocs/op: 0.001 = 1/1000, the budget is 0 "
                          "(+0.001) [b.toml:4]",
                          "regression A bytes: B/op: 0.016 = 16/1000, the budget is 0 (+0.016) "
                          "[b.toml:4]"));
  EXPECT_EQ(more.Exit(), 1);
}

// What a second line, a later comment or a claim of the file could hide.
TEST(Judge, TheWorstThatAFileSaysCounts) {
  const std::string leak = "{ benchmark = \"A\", allocs = 2, bytes = 96, live_bytes = 0 },\n";
  EXPECT_EQ(Case(leak,
                 "BenchmarkA 1000 2 allocs/op 96 B/op 0 live-B\n"
                 "BenchmarkA 1000 2 allocs/op 96 B/op 9 live-B\n")
                .Exit(),
            1);
  EXPECT_EQ(Case(kBudgetOfA, std::string(kA) + "# partial: interrupted\n").Exit(), 4);
  EXPECT_EQ(Case(kBudgetOfA, "# error A: boom\n# absent A: no\n").AllowAbsent().Exit(), 5);
  EXPECT_EQ(Case(kBudgetOfA, std::string(kA) + "# absent A: no\n").AllowAbsent().Exit(), 4)
      << "it has a result";
  EXPECT_EQ(Case(leak, "# not applicable: live-B: not today\nBenchmarkA 1000 2 allocs/op 96 B/op\n")
                .Exit(),
            4)
      << "only system calls may be uncounted";
}

TEST(Judge, AWaiverOfAMetricWithoutALimitExcusesNothing) {
  const std::string budgets =
      absl::StrCat(kBudgetOfA,
                   "]\nwaivers = [\n{ benchmark = \"A\", metric = \"usable\", reason = \"r\", "
                   "owner = \"o\", link = \"l\", expires = 2026-12-31 },\n");
  EXPECT_EQ(Case(budgets, kA).Exit(), 4);
}

TEST(Judge, AWaiverOfWhatIsAbsentHereIsIdle) {
  const std::string budgets = absl::StrCat(
      kBudgetOfA,
      "{ benchmark = \"B\", allocs = 0, bytes = 0 },\n]\nwaivers = [\n"
      "{ benchmark = \"B\", metric = \"allocs\", reason = \"r\", owner = \"o\", link = \"l\", "
      "expires = 2026-12-31 },\n");
  EXPECT_EQ(Case(budgets, std::string(kA) + "# absent B: no\n").AllowAbsent().Exit(), 0);
}

TEST(Judge, AnImprovementMustBeClaimed) {
  const Case less(kBudgetOfA, "BenchmarkA 1000 1 allocs/op 96 B/op 6 syscalls/op\n");
  EXPECT_THAT(less.Findings(),
              ElementsAre("improvement A allocs: allocs/op: 1, the budget is 2 (-1, -50 %); claim "
                          "it: `tare budget update` [b.toml:4]"));
  EXPECT_EQ(less.Exit(), 3);
  // A ceiling leaves room below it: 6 system calls of 8 are no improvement.
}

// What older versions of tare wrote for a benchmark without system calls goes on working, and the
// verdict says how it is tightened.
TEST(Judge, ACeilingOfOneOverNoSystemCallIsNamed) {
  const std::string budget =
      "{ benchmark = \"A\", allocs = 2, bytes = 96, usable = 96, syscalls = 1 },\n";
  const Case none(budget, "BenchmarkA 1000 2 allocs/op 96 B/op 96 usable-B/op 0 syscalls/op\n");
  EXPECT_EQ(none.Exit(), 0);
  for (const std::string& text : {RenderText(none.Judge()), RenderMarkdown(none.Judge())}) {
    EXPECT_THAT(text, HasSubstr("note: 1 ceiling would let a benchmark without system calls make"));
    EXPECT_THAT(text, HasSubstr("such as A [b.toml:4]"));
  }
  const Case one(budget, "BenchmarkA 1000 2 allocs/op 96 B/op 96 usable-B/op 1 syscalls/op\n");
  EXPECT_EQ(one.Exit(), 0) << "the budget says so";
  EXPECT_THAT(RenderText(one.Judge()), Not(HasSubstr("without system calls")));
  const Case held(absl::StrReplaceAll(budget, {{"syscalls = 1", "syscalls = 0"}}),
                  "BenchmarkA 1000 2 allocs/op 96 B/op 96 usable-B/op 0.001 syscalls/op\n");
  EXPECT_THAT(held.Findings(),
              ElementsAre("regression A syscalls: syscalls/op: 0.001 = 1/1000, the ceiling is 0 "
                          "(+0.001) [b.toml:4]"));
}

TEST(Judge, ACeilingIsNotPassed) {
  const Case more(kBudgetOfA, "BenchmarkA 1000 2 allocs/op 96 B/op 8.001 syscalls/op\n");
  EXPECT_THAT(more.Findings(), ElementsAre(HasSubstr("the ceiling is 8")));
  EXPECT_EQ(more.Exit(), 1);
}

TEST(Judge, NumbersAreWrittenAsPeopleWriteThem) {
  const Case more(kBudgetOfA, "BenchmarkA 1000 34 allocs/op 2500096 B/op 6 syscalls/op\n");
  EXPECT_THAT(more.Findings(),
              ElementsAre(HasSubstr("allocs/op: 34, the budget is 2 (+32, +1600 %)"),
                          HasSubstr("B/op: 2500096, the budget is 96 (+2500000, +2604167 %)")));
}

TEST(Judge, LeftOversAreOfARunAndNotOfAnOperation) {
  const Case left("{ benchmark = \"A\", allocs = 0, bytes = 0, fds_left = 0, live_bytes = 16 },\n",
                  "BenchmarkA 1000 0 allocs/op 0 B/op 1 fds-left 32 live-B\n");
  EXPECT_THAT(left.Findings(),
              ElementsAre(HasSubstr("fds-left: 1, the ceiling is 0 (+1)"),
                          HasSubstr("live-B: 32, the ceiling is 16 (+16, +100 %)")));
  const Case less("{ benchmark = \"A\", allocs = 0, bytes = 0, fds_left = 0, live_bytes = 16 },\n",
                  "BenchmarkA 1000 0 allocs/op 0 B/op 0 fds-left -32 live-B\n");
  EXPECT_EQ(less.Exit(), 0) << "a run gave back what was there before";
}

// What the threads of a benchmark do to each other's counts is theirs to say, within a range.
TEST(Judge, ARangeHoldsForBothRunsOfAnUnstableCount) {
  constexpr char kRange[] =
      "{ benchmark = \"A\", allocs = { least = 3, most = 5, why = \"w\" }, bytes = { most = 99, "
      "why "
      "= \"w\" }, syscalls = 8, fds_left = 0, live_bytes = 0 },\n";
  const auto unstable = [&](const std::string& text) {
    return Case(kRange, "# unstable A: " + text + "\n");
  };
  const std::string others =
      ", syscalls/op 6000/1000 then 7000/1000, fds-left 0 then 0, live-B 0 "
      "then -16";
  const std::string bytes = ", B/op 90000/1000 then 99000/1000, usable-B/op 1/1000 then 2/1000";
  EXPECT_EQ(unstable("allocs/op 3000/1000 then 5000/1000" + bytes + others).Exit(), 0);
  EXPECT_EQ(unstable("allocs/op 5000/1000 then 3000/1000" + bytes + others).Exit(), 0);
  // As stable as any other: both ends are in the range.
  EXPECT_EQ(Case(kRange, "BenchmarkA 1000 4 allocs/op 96 B/op 6 syscalls/op 0 fds-left 0 live-B\n")
                .Exit(),
            0);
  const Case more = unstable("allocs/op 3000/1000 then 5001/1000" + bytes + others);
  EXPECT_THAT(more.Findings(),
              ElementsAre("regression A allocs: allocs/op: 5.001 = 5001/1000, the range is 3 to 5 "
                          "(+0.001, +0.02 %) [b.toml:4]"));
  EXPECT_EQ(more.Exit(), 1);
  const Case fewer = unstable("allocs/op 2000/1000 then 4000/1000" + bytes + others);
  EXPECT_EQ(fewer.Exit(), 3);
  EXPECT_THAT(fewer.Findings(), ElementsAre(HasSubstr("allocs/op: 2, the range is 3 to 5 (-1")));
  // Whichever run came first.
  EXPECT_EQ(unstable("allocs/op 5001/1000 then 3000/1000" + bytes + others).Exit(), 1);
  EXPECT_EQ(unstable("allocs/op 4000/1000 then 2000/1000" + bytes + others).Exit(), 3);
  // The other limits of such a row hold as ever.
  EXPECT_EQ(unstable("allocs/op 3000/1000 then 4000/1000" + bytes +
                     ", syscalls/op 6000/1000 then 8001/1000, fds-left 0 then 0, live-B 0 then 0")
                .Exit(),
            1);
  EXPECT_EQ(unstable("allocs/op 3000/1000 then 4000/1000" + bytes +
                     ", syscalls/op 6000/1000 then 8000/1000, fds-left 0 then 1, live-B 0 then 0")
                .Exit(),
            1);
  // What is not said cannot pass.
  EXPECT_THAT(unstable("allocs/op 3000/1000 then 4000/1000").Findings(),
              testing::Contains(HasSubstr("what both runs gave of B/op is not said")));
  EXPECT_EQ(unstable("allocs/op 3000/1000 then 4000/1000" + bytes).Exit(), 4);
}

TEST(Judge, WhatCannotBeJudgedIsNamedAndFails) {
  const std::vector<std::tuple<std::string, std::string, std::string>> kinds = {
      {kBudgetOfA, std::string(kA) + "BenchmarkB 10 0 allocs/op 0 B/op\n",
       "cannot judge B : no budget in b.toml; `tare budget update` adds one, or say unbudgeted = "
       "\"why\" [r.txt:2]"},
      {std::string(kBudgetOfA) + "{ benchmark = \"C\", allocs = 0, bytes = 0 },\n", kA,
       "cannot judge C : a budget for C, which these results do not have; `tare budget "
       "update --prune` takes it out [b.toml:5]"},
      {kBudgetOfA, "BenchmarkA 1000 2 allocs/op 6 syscalls/op\n",
       "cannot judge A bytes: B/op is missing; `tare run --counts-only` counts it [r.txt:1]"},
      {kBudgetOfA, "BenchmarkA 1000 0.3333 allocs/op 96 B/op 6 syscalls/op\n",
       "cannot judge A allocs: 0.33329999999999999 allocs/op is no whole number over 1000 "
       "operations [r.txt:1]"},
      {kBudgetOfA, "# unstable A: allocs/op 3/1000 then 4/1000\n",
       "cannot judge A : the count is unstable: allocs/op 3/1000 then 4/1000; if scheduling "
       "moves it, say allocs = { least = \"3/1000\", most = \"4/1000\", why = \"...\" } "
       "[b.toml:4]"},
      {kBudgetOfA, "# absent A: no io_uring\n",
       "cannot judge A : absent here: no io_uring; it has a budget (--allow-absent lets it pass) "
       "[b.toml:4]"},
      {"{ benchmark = \"A\", allocs = \"1/1000\", bytes = 0 },\n",
       "BenchmarkA 8 0.125 allocs/op 0 B/op\n",
       "cannot judge A allocs: counted over 8 operations, the budget was over 1000; fix the number "
       "with tare::FixCountedIterations [b.toml:4]"},
      {kBudgetOfA, "BenchmarkA 1000 NaN allocs/op 96 B/op\n",
       "cannot judge  : A: allocs/op is NaN, which is no measurement [r.txt:1]"},
      {kBudgetOfA, "", "cannot judge  : the file is empty [r.txt:1]"},
      {kBudgetOfA,
       "# not applicable: allocs/op: the sanitizer owns malloc\nBenchmarkA 1000 96 B/op "
       "6 syscalls/op\n",
       "cannot judge A allocs: allocs/op is not counted here: the sanitizer owns malloc [r.txt:2]"},
  };
  for (const auto& [budgets, results, finding] : kinds) {
    const Case bad(budgets, results);
    EXPECT_THAT(bad.Findings(), ::testing::Contains(finding))
        << absl::StrJoin(bad.Findings(), "\n");
    EXPECT_EQ(bad.Exit(), 4) << finding;
  }
}

TEST(Judge, ARenamedBenchmarkIsRecognized) {
  const Case renamed("{ benchmark = \"Echo/size=64\", allocs = 0, bytes = 0 },\n",
                     "BenchmarkPing/size=64 10 0 allocs/op 0 B/op\nBenchmarkX 10 0 B/op\n");
  EXPECT_THAT(renamed.Findings(),
              ::testing::Contains(HasSubstr("was it renamed to Ping/size=64?")));
}

TEST(Judge, ResultsOfAnotherMachineAreNotJudged) {
  const auto budgets = ParseBudgets(
      absl::StrCat("version = 1\n[recorded]\nallocator = \"jemalloc-*\"\n[gate]\nbudgets = [\n",
                   kBudgetOfA, "]\n"),
      "b.toml");
  ASSERT_TRUE(budgets.ok());
  const Verdict verdict =
      Judge(*budgets, {ReadEvidence(absl::StrCat("allocator: glibc-2.36\n", kA), "r.txt")}, {});
  EXPECT_EQ(verdict.ExitStatus(), 4);
  EXPECT_THAT(verdict.findings[0].message,
              HasSubstr("it holds for allocator 'jemalloc-*', these results are of 'glibc-2.36'"));
}

TEST(Judge, WhatNeedNotBeJudgedIsSaid) {
  Case absent(std::string(kBudgetOfA) + "{ benchmark = \"B\", allocs = 0, bytes = 0 },\n",
              std::string(kA) + "# absent B: no io_uring\n# absent C: no kqueue\n");
  EXPECT_THAT(absent.AllowAbsent().Findings(),
              ElementsAre("absent B : absent here: no io_uring [b.toml:5]",
                          "absent C : no kqueue [r.txt]"));
  EXPECT_EQ(absent.Exit(), 0);
  const Case unbudgeted(
      std::string(kBudgetOfA) + "{ benchmark = \"B*\", unbudgeted = \"spins\" },\n",
      std::string(kA) + "BenchmarkB 9 7 allocs/op\n# unstable B2: x\n");
  EXPECT_THAT(unbudgeted.Findings(),
              ElementsAre("unbudgeted B : spins [b.toml:5]", "unbudgeted B2 : spins [b.toml:5]"));
  EXPECT_EQ(unbudgeted.Exit(), 0);
  const Case forbidden(kBudgetOfA,
                       "# not applicable: syscalls/op: Permission denied\n"
                       "BenchmarkA 1000 2 allocs/op 96 B/op\n");
  EXPECT_THAT(forbidden.Findings(), ElementsAre(HasSubstr("not counted A syscalls: ")));
  EXPECT_EQ(forbidden.Exit(), 0);
  Case elsewhere(std::string(kBudgetOfA) + "{ benchmark = \"B\", allocs = 0, bytes = 0 },\n", kA);
  EXPECT_EQ(elsewhere.Exit(), 4);
  EXPECT_EQ(elsewhere.Elsewhere("B").Exit(), 0);
}

TEST(Judge, NothingJudgedIsNoPass) {
  const Case nothing("{ benchmark = \"*\", unbudgeted = \"not yet\" },\n", kA);
  EXPECT_THAT(nothing.Findings(), ::testing::Contains(HasSubstr("nothing was judged")));
  EXPECT_EQ(nothing.Exit(), 4);
}

TEST(Judge, ANameInTwoFilesIsNotJudgedTwice) {
  const auto budgets =
      ParseBudgets(absl::StrCat("version = 1\n[gate]\nbudgets = [\n", kBudgetOfA, "]\n"), "b.toml");
  const Verdict verdict =
      Judge(*budgets, {ReadEvidence(kA, "r.txt"), ReadEvidence(kA, "s.txt")}, {});
  EXPECT_EQ(verdict.ExitStatus(), 4);
  EXPECT_EQ(verdict.findings[0].message, "is also in r.txt:1; give one of the files");
}

TEST(Judge, AFailedRowIsAFault) {
  const Case failed(kBudgetOfA, std::string(kA) + "# error B: killed by signal 11 (SIGSEGV)\n");
  EXPECT_THAT(failed.Findings(), ElementsAre("fault B : killed by signal 11 (SIGSEGV) [r.txt]"));
  EXPECT_EQ(failed.Exit(), 5);
}

std::string WithWaiver(const char* metric, const char* expires) {
  return absl::StrCat(kBudgetOfA, "]\nwaivers = [\n{ benchmark = \"A\", metric = \"", metric,
                      "\", reason = \"until the pool is back\", owner = \"ann\", link = \"#7\", "
                      "expires = ",
                      expires, " },\n");
}

TEST(Waivers, ExcuseARegressionUntilTheirLastDay) {
  const char* more = "BenchmarkA 1000 3 allocs/op 96 B/op 6 syscalls/op\n";
  const Case waived(WithWaiver("allocs", "2026-11-21"), more);
  EXPECT_THAT(
      waived.Findings(),
      ElementsAre(HasSubstr("waived until 2026-11-21 by ann: until the pool is back (#7)")));
  EXPECT_EQ(waived.Exit(), 0);
  const Case expired(WithWaiver("allocs", "2026-11-20"), more);
  EXPECT_THAT(expired.Findings(),
              ElementsAre(HasSubstr("regression A allocs"),
                          HasSubstr("the waiver expired on 2026-11-20; ann mends it")));
  EXPECT_EQ(expired.Exit(), 4);
  const Case unused(WithWaiver("bytes", "2026-12-31"), kA);
  EXPECT_THAT(unused.Findings(),
              ElementsAre("cannot judge A bytes: the waiver excuses nothing: take it out "
                          "[b.toml:7]"));
  EXPECT_EQ(unused.Exit(), 4);
}

// A filter takes the other benchmarks away, and not the budgets of those that are nowhere.
TEST(Judge, ABudgetOfNothingFailsThoughOthersAreFilteredOut) {
  Case missing(std::string(kBudgetOfA) +
                   "{ benchmark = \"B\", allocs = 0, bytes = 0 },\n"
                   "{ benchmark = \"C\", allocs = 0, bytes = 0 },\n",
               kA);
  EXPECT_THAT(missing.Elsewhere("B").Findings(),
              ElementsAre(HasSubstr("cannot judge C : a budget for C, which these results do not "
                                    "have")));
  EXPECT_EQ(missing.Exit(), 4);
}

TEST(Judge, OfTwoRemarksOnABenchmarkTheGraverCounts) {
  const std::string unstable = "# unstable A: allocs/op 3/1000 then 4/1000\n";
  const std::string failed = "# error A: killed by signal 11 (SIGSEGV)\n";
  for (const std::string& text : {unstable + failed, failed + unstable}) {
    const Case both(kBudgetOfA, text);
    EXPECT_THAT(both.Findings(),
                ::testing::Contains("fault A : killed by signal 11 (SIGSEGV) [r.txt]"))
        << text;
    EXPECT_EQ(both.Exit(), 5) << text;
  }
}

// A count over twice as many operations can be held against it: it has whole steps of the budget's.
TEST(Judge, AMultipleOfTheBudgetsOperationsIsJudged) {
  const char* budget = "{ benchmark = \"A\", allocs = \"1/1000\", bytes = 0 },\n";
  EXPECT_EQ(Case(budget, "BenchmarkA 2000 0.001 allocs/op 0 B/op\n").Exit(), 0);
  EXPECT_EQ(Case(budget, "BenchmarkA 2000 0.0015 allocs/op 0 B/op\n").Exit(), 1);
  EXPECT_EQ(Case(budget, "BenchmarkA 2000 0.0005 allocs/op 0 B/op\n").Exit(), 3);
}

TEST(Judge, AnUnstableRowIsJudgedWhereSystemCallsAreNotCounted) {
  const Case uncounted(
      "{ benchmark = \"A\", allocs = { most = 5, why = \"w\" }, bytes = { most = 99, why = \"w\" "
      "}, syscalls = 8 },\n",
      "# not applicable: syscalls/op: Permission denied\n"
      "# unstable A: allocs/op 3000/1000 then 4000/1000, B/op 9/1 then 9/1\n");
  EXPECT_THAT(uncounted.Findings(), ElementsAre(HasSubstr("not counted A syscalls: ")));
  EXPECT_EQ(uncounted.Exit(), 0);
}

TEST(Judge, OfAFileWithAFaultNothingElseIsSaid) {
  const Case partial(kBudgetOfA, "BenchmarkA 1000 3 allocs/op 96 B/op\n# partial: interrupted\n");
  EXPECT_THAT(partial.Findings(), ElementsAre(HasSubstr("these results are partial: interrupted"),
                                              HasSubstr("nothing was judged")));
}

TEST(Judge, WhereAProgramFailedNoBudgetIsMissed) {
  const auto budgets =
      ParseBudgets(absl::StrCat("version = 1\n[gate]\nbudgets = [\n", kBudgetOfA,
                                "{ benchmark = \"B\", allocs = 0, bytes = 0 },\n]\n"),
                   "b.toml");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  JudgeOptions options;
  EXPECT_EQ(Judge(*budgets, {ReadEvidence(kA, "r.txt")}, options).ExitStatus(), 4);
  options.incomplete = true;
  EXPECT_EQ(Judge(*budgets, {ReadEvidence(kA, "r.txt")}, options).ExitStatus(), 0);
}

// A row that one of two machines should have, and has not, is missed though it is not the other's.
TEST(Judge, ABudgetOfOneOfTwoMachinesIsMissed) {
  const auto budgets = ParseBudgets(
      "version = 1\n[gate]\nbudgets = [\n"
      "{ benchmark = \"A\", allocs = 2, bytes = 96 },\n{ benchmark = \"B\", allocs = 2, bytes = 96 "
      "},\n{ benchmark = \"C\", when = { os = \"linux\" }, allocs = 0, bytes = 0 },\n]\n",
      "b.toml");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  const auto on = [](const char* os, const char* name) {
    return ReadEvidence(absl::StrCat("os: ", os, "\nBenchmark", name, " 10 2 allocs/op 96 B/op\n"),
                        name);
  };
  EXPECT_EQ(Judge(*budgets, {on("netbsd", "A"), on("freebsd", "B")}, {}).ExitStatus(), 0);
  EXPECT_EQ(Judge(*budgets, {on("linux", "A"), on("freebsd", "B")}, {}).ExitStatus(), 4);
}

TEST(Judge, WhatIsAbsentAndNotBudgetedIsNoFailure) {
  const Case absent(std::string(kBudgetOfA) + "{ benchmark = \"B\", unbudgeted = \"spins\" },\n",
                    std::string(kA) + "# absent B: no kqueue\n");
  EXPECT_THAT(absent.Findings(), ElementsAre("absent B : absent here: no kqueue [b.toml:5]"));
  EXPECT_EQ(absent.Exit(), 0);
}

TEST(Waivers, ExcuseTheirMetricOfTheirBenchmarkAlone) {
  const char* more = "BenchmarkA 1000 3 allocs/op 96 B/op 6 syscalls/op\n";
  EXPECT_EQ(Case(WithWaiver("allocs", "2026-12-31"), more).Exit(), 0);
  EXPECT_THAT(Case(WithWaiver("bytes", "2026-12-31"), more).Findings(),
              ::testing::Contains(HasSubstr("regression A allocs")));
  const std::string both = absl::StrCat("{ benchmark = \"B\", allocs = 0, bytes = 0 },\n",
                                        WithWaiver("allocs", "2026-12-31"));
  const Case other(both, absl::StrCat(more, "BenchmarkB 10 1 allocs/op 0 B/op\n"));
  EXPECT_THAT(other.Findings(),
              ElementsAre(HasSubstr("waived A allocs"), HasSubstr("regression B allocs")));
  EXPECT_EQ(other.Exit(), 1);
}

// Its time has not come: what it excuses cannot be counted here, or is filtered out.
TEST(Waivers, AreIdleWhereNothingCanBeSaidOfTheirMetric) {
  EXPECT_THAT(Case(WithWaiver("syscalls", "2026-12-31"),
                   "# not applicable: syscalls/op: Permission denied\n"
                   "BenchmarkA 1000 2 allocs/op 96 B/op\n")
                  .Findings(),
              ElementsAre(HasSubstr("not counted A syscalls")));
  const std::string of_b =
      absl::StrCat(kBudgetOfA, "{ benchmark = \"B\", allocs = 0, bytes = 0 },\n",
                   "]\nwaivers = [\n{ benchmark = \"B\", metric = \"allocs\", reason = \"r\", "
                   "owner = \"o\", link = \"l\", expires = 2026-12-31 },\n");
  EXPECT_EQ(Case(of_b, kA).Elsewhere("B").Exit(), 0);
}

}  // namespace
}  // namespace tare::gate
