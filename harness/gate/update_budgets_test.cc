// SPDX-License-Identifier: Apache-2.0
// The ratchet changes one line a benchmark and leaves everything else as it was.
#include "gate/update_budgets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gate/judge.h"

namespace tare::gate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFile[] =
    "# what things cost\n"
    "version = 1\n"
    "[gate]\n"
    "budgets = [\n"
    "  # the oldest\n"
    "  { benchmark = \"A/allocs = 9\", when = { os = \"*\" }, allocs = 2, bytes = 96 },  # 2 = in, "
    "out\n"
    "  { benchmark = \"C\",allocs=\"1/1000\",  bytes = 0, usable = 8, syscalls = 4 },\n"
    "  { benchmark = \"D*\", unbudgeted = \"spins\" }\n"
    "]  # end\n";

constexpr char kResults[] =
    "os: linux\n"
    "BenchmarkA/allocs_=_9 10 0 allocs/op 0 B/op\n"
    "BenchmarkC 1000 0.001 allocs/op 0 B/op 8 usable-B/op 4 syscalls/op\n"
    "BenchmarkD1 10 5 allocs/op 5 B/op\n";

// The file without its first row, and its list closed on a line of its own.
std::string File() {
  return absl::StrReplaceAll(kFile, {{"A/allocs = 9", "A"}, {"]  # end", "]"}});
}
std::string Results() {
  return absl::StrReplaceAll(kResults, {{"A/allocs_=_9", "A"}});
}

absl::StatusOr<Update> Apply(const std::string& file, const std::string& results,
                             const UpdateOptions& options = {}) {
  return UpdateBudgets(file, "b.toml", {ReadEvidence(results, "r.txt")}, options);
}

// Names of templates and what else may stand in a name: each is one benchmark, and no pattern.
TEST(UpdateBudgets, NamesWithStarsAndQuotesAreNames) {
  const std::string results =
      "os: linux\n"
      "BenchmarkW<char*> 10 1 allocs/op 8 B/op\n"
      "BenchmarkW<char**> 10 2 allocs/op 8 B/op\n"
      "BenchmarkW/\"q\"\\ 10 3 allocs/op 8 B/op\n";
  const auto update = Apply("", results);
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_TRUE(update->refused.empty());
  const auto budgets = ParseBudgets(update->text, "b.toml");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  EXPECT_EQ(Judge(*budgets, {ReadEvidence(results, "r.txt")}, {}).ExitStatus(), 0);
  const std::string fewer = results.substr(0, results.find("BenchmarkW<char*>")) +
                            results.substr(results.find("BenchmarkW<char**>"));
  EXPECT_EQ(Judge(*budgets, {ReadEvidence(fewer, "r.txt")}, {}).ExitStatus(), 4) << "one is gone";

  const auto refused = Apply("", "os: linux\nBenchmarkW/\xFF 10 1 allocs/op 8 B/op\n");
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_THAT(refused->refused, testing::ElementsAre(testing::HasSubstr("no UTF-8")));
}

// What stands in quotes is no key, whichever quotes they are.
TEST(UpdateBudgets, TextsInSingleQuotesArePassedOver) {
  const std::string file =
      "version = 1\n[gate]\nbudgets = [\n"
      "  { benchmark = 'A/allocs=9', allocs = '1/1000', bytes = 0 },\n"
      "  { benchmark = 'B', allocs = { why = 'most = 4, or {\"', least = 1, most = 3 }, bytes = 0 "
      "},\n]\n";
  const auto update = Apply(file,
                            "os: linux\n"
                            "BenchmarkA/allocs=9 1000 0.002 allocs/op 0 B/op\n"
                            "BenchmarkB 10 5 allocs/op 0 B/op\n",
                            {.allow_increase = true});
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->refused, IsEmpty());
  EXPECT_EQ(update->text,
            absl::StrReplaceAll(file, {{"'1/1000'", "\"2/1000\""}, {"most = 3", "most = 5"}}));
}

TEST(UpdateBudgets, ACommaOnALineOfItsOwnIsRefusedAndNotSpoilt) {
  for (const char* rows : {"{ benchmark = \"B\", unbudgeted = \"x\" }\n,\n{ benchmark = \"C*\", "
                           "unbudgeted = \"x\" }\n",
                           "{ benchmark = \"B\", unbudgeted = \"x\" }\n,\n"}) {
    const std::string file = absl::StrCat("version = 1\n[gate]\nbudgets = [\n", rows, "]\n");
    for (const bool prune : {false, true}) {
      const auto update = Apply(file, "BenchmarkA 10 4 allocs/op 96 B/op\n", {false, prune});
      EXPECT_THAT(std::string(update.status().message()),
                  HasSubstr("b.toml:4: rows cannot be added or taken out"));
    }
  }
}

TEST(UpdateBudgets, ARangeIsWidenedWhereItMust) {
  const std::string file =
      "version = 1\n[gate]\nbudgets = [\n"
      "  { benchmark = \"A\", allocs = { least = 3, most = 5, why = \"a, { most = 1\" }, bytes = "
      "96 "
      "},  # why\n]\n";
  const std::string kept = "BenchmarkA 10 4 allocs/op 96 B/op\n";
  ASSERT_TRUE(Apply(file, kept).ok());
  EXPECT_THAT(Apply(file, kept)->changes, IsEmpty());
  const std::string unstable =
      "# unstable A: allocs/op 2000/1000 then 6000/1000, B/op 96000/1000 "
      "then 96000/1000\n";
  EXPECT_THAT(Apply(file, unstable)->refused, ElementsAre("A: allocs most 5 -> 6 is an increase"));
  const auto update = Apply(file, unstable, {.allow_increase = true});
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->changes, ElementsAre("A: allocs most 5 -> 6"));
  EXPECT_THAT(update->text, HasSubstr("{ least = 3, most = 6, why = \"a, { most = 1\" }, bytes"));
  const auto again = Apply(update->text, unstable);
  EXPECT_THAT(again->changes, ElementsAre("A: allocs least 3 -> 2"));
  EXPECT_THAT(again->text, HasSubstr("{ least = 2, most = 6, why"));
  EXPECT_THAT(Apply(again->text, unstable)->changes, IsEmpty());
  // An equality cannot take what varies, and is told how to.
  const auto refused = Apply(
      "version = 1\n[gate]\nbudgets = [\n"
      "  { benchmark = \"A\", allocs = 3, bytes = 96 },\n]\n",
      unstable);
  EXPECT_THAT(refused->refused,
              ElementsAre(HasSubstr("say allocs = { least = 2, most = 6, why = \"...\" }")));
}

TEST(UpdateBudgets, LowersOneLineAndKeepsTheRest) {
  const auto update = Apply(File(), Results());
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->changes, ElementsAre("A: allocs 2 -> 0, bytes 96 -> 0"));
  EXPECT_THAT(update->refused, IsEmpty());
  EXPECT_EQ(update->text,
            absl::StrReplaceAll(File(), {{"allocs = 2, bytes = 96 }", "allocs = 0, bytes = 0 }"}}));
}

// One that has come to account for a library is held to that from now on.
TEST(UpdateBudgets, ASplitIsAddedToTheRowThatHasNone) {
  const std::string split =
      absl::StrReplaceAll(Results(), {{"0.001 allocs/op",
                                       "0.001 allocs/op 0 own-allocs/op 0.001 "
                                       "lib-allocs/op"},
                                      {"5 allocs/op", "5 allocs/op 5 own-allocs/op"}});
  const auto once = Apply(File(), split);
  ASSERT_TRUE(once.ok()) << once.status();
  EXPECT_THAT(once->changes,
              ElementsAre("A: allocs 2 -> 0, bytes 96 -> 0",
                          "C: own_allocs added: 0, lib_allocs added: 0.001 = 1/1000"))
      << "and D is not budgeted";
  EXPECT_THAT(once->text, HasSubstr("syscalls = 4, own_allocs = 0, lib_allocs = \"1/1000\" },\n"));
  EXPECT_THAT(Apply(once->text, split)->changes, IsEmpty());

  const auto elsewhere = Apply(
      "version = 1\n[gate]\nbudgets = [\n  { benchmark = \"A\", allocs = 2, bytes = 96 }, # {\n"
      "  { benchmark = \"B\", allocs = 2, bytes = 96 }, { benchmark = \"C*\", unbudgeted = \"w\" "
      "},\n]\n",
      "BenchmarkA 10 2 allocs/op 96 B/op 2 own-allocs/op\n"
      "BenchmarkB 10 2 allocs/op 96 B/op 2 own-allocs/op\n");
  ASSERT_TRUE(elsewhere.ok()) << elsewhere.status();
  EXPECT_THAT(elsewhere->text, HasSubstr("bytes = 96, own_allocs = 2 }, # {\n"));
  EXPECT_THAT(elsewhere->refused,
              ElementsAre(HasSubstr("b.toml:5: B: the row is not on one line")));
}

TEST(UpdateBudgets, NothingChangesWhereNothingHasChanged) {
  const auto once = Apply(File(), Results());
  const auto twice = Apply(once->text, Results());
  EXPECT_EQ(twice->text, once->text);
  EXPECT_THAT(twice->changes, IsEmpty());
}

TEST(UpdateBudgets, AnIncreaseMustBeAllowed) {
  const std::string more = absl::StrReplaceAll(
      Results(),
      {{"0.001 allocs/op 0 B/op 8 usable-B/op 4", "3 allocs/op 16 B/op 16.5 usable-B/op 5"}});
  const auto refused = Apply(File(), more);
  EXPECT_THAT(refused->refused, ElementsAre("C: allocs 0.001 = 1/1000 -> 3 is an increase"));
  EXPECT_THAT(refused->text, HasSubstr("{ benchmark = \"C\",allocs=\"1/1000\",  bytes = 0,"));
  const auto allowed = Apply(File(), more, {.allow_increase = true});
  EXPECT_THAT(allowed->refused, IsEmpty());
  EXPECT_THAT(allowed->text, HasSubstr("{ benchmark = \"C\",allocs=3,  bytes = 16, usable = "
                                       "\"16500/1000\", syscalls = 8 },"));
}

TEST(UpdateBudgets, NewRowsAreSortedIn) {
  const auto update =
      Apply(File(), Results() +
                        "BenchmarkB 1000 0.001 allocs/op 0 B/op 4.5 syscalls/op 0 fds-left\n"
                        "BenchmarkE 10 0 allocs/op 0 B/op\n");
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->text,
              HasSubstr("# 2 = in, out\n"
                        "  { benchmark = \"B\", allocs = \"1/1000\", bytes = 0, syscalls = 8, "
                        "fds_left = 0 },\n"
                        "  { benchmark = \"C\""));
  EXPECT_THAT(update->text, HasSubstr("  { benchmark = \"D*\", unbudgeted = \"spins\" },\n"
                                      "  { benchmark = \"E\", allocs = 0, bytes = 0 },\n]\n"));
}

// Half more and one would let the first call of a benchmark pass that makes none.
TEST(UpdateBudgets, ABenchmarkWithoutSystemCallsIsHeldToNone) {
  const std::string none =
      Results() + "BenchmarkB 1000 0 allocs/op 0 B/op 0 syscalls/op 0 fds-left\n";
  const auto added = Apply(File(), none);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_THAT(added->text, HasSubstr("{ benchmark = \"B\", allocs = 0, bytes = 0, syscalls = 0, "
                                     "fds_left = 0 },"));
  // As older versions wrote it. A ceiling that somebody chose stays.
  for (const auto& [ceiling, lowered] : {std::pair("1", "0"), std::pair("2", "2")}) {
    const auto with = [&](const char* syscalls) {
      return absl::StrReplaceAll(added->text,
                                 {{"syscalls = 0,", absl::StrCat("syscalls = ", syscalls, ",")}});
    };
    const auto update = Apply(with(ceiling), none);
    ASSERT_TRUE(update.ok()) << update.status();
    EXPECT_EQ(update->text, with(lowered));
    EXPECT_THAT(update->refused, IsEmpty());
  }
  const auto one = Apply(
      added->text, absl::StrReplaceAll(none, {{"0 syscalls/op 0 fds", "0.5 syscalls/op 0 fds"}}));
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_THAT(one->refused, ElementsAre("B: syscalls 0 -> 2 is an increase"));
}

TEST(UpdateBudgets, ALastRowGetsItsCommaBeforeItsComment) {
  const std::string results =
      "BenchmarkA 10 0 allocs/op 0 B/op\nBenchmarkE 10 0 allocs/op 0 B/op\n";
  const std::string head = "version = 1\n[gate]\nbudgets = [\n";
  const auto update =
      Apply(head + "  { benchmark = \"A\", allocs = 0, bytes = 0 }# } or { why\n]\n", results);
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_EQ(update->text, head +
                              "  { benchmark = \"A\", allocs = 0, bytes = 0 },# } or { why\n"
                              "  { benchmark = \"E\", allocs = 0, bytes = 0 },\n]\n");
  EXPECT_THAT(std::string(Apply(head + "  { benchmark = \"A\", allocs = 0, bytes = 0 }, "
                                       "{ benchmark = \"B\", allocs = 0, bytes = 0 }\n]\n",
                                results)
                              .status()
                              .message()),
              HasSubstr("write each row on one line of its own"));
}

TEST(UpdateBudgets, ARowIsNotPrunedWithItsNeighbour) {
  const std::string two =
      "version = 1\n[gate]\nbudgets = [\n  { benchmark = \"A\", allocs = 0, bytes = 0 }, "
      "{ benchmark = \"B\", allocs = 0, bytes = 0 },\n]\n";
  const auto update = Apply(two, "BenchmarkA 10 0 allocs/op 0 B/op\n", {.prune = true});
  EXPECT_THAT(std::string(update.status().message()),
              HasSubstr("b.toml:4: rows cannot be added or taken out"));
}

TEST(UpdateBudgets, APrunedRowIsGone) {
  const std::string without_c = "os: linux\nBenchmarkA 10 0 allocs/op 0 B/op\n";
  EXPECT_THAT(Apply(File(), without_c)->text, HasSubstr("\"C\""));
  const auto update = Apply(File(), without_c, {.prune = true});
  EXPECT_THAT(update->changes, ElementsAre(HasSubstr("A: "), "removed C", "removed D*"));
  EXPECT_EQ(
      update->text,
      "# what things cost\nversion = 1\n[gate]\nbudgets = [\n  # the oldest\n"
      "  { benchmark = \"A\", when = { os = \"*\" }, allocs = 0, bytes = 0 },  # 2 = in, out\n"
      "]\n");
}

TEST(UpdateBudgets, ANewFileNamesTheMachineAndPasses) {
  const std::string results =
      "os: linux\narch: amd64\ncompiler: g++ \"x\"\nallocator: jemalloc-5.3.0\nkernel: 6.18\n"
      "BenchmarkA 10 3 allocs/op 16.5 B/op 20.1 usable-B/op 6 syscalls/op 0 fds-left 0 live-B "
      "64 peak-live-B 1 own-allocs/op 2 lib-allocs/op 8 own-B/op 8.5 lib-B/op\n";
  const auto update = Apply("", results);
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->text, HasSubstr("[recorded]\nos = \"linux\"\narch = \"amd64\"\n"
                                      "compiler = \"g++ \\\"x\\\"\"\n"));
  const auto budgets = ParseBudgets(update->text, "b.toml");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  const Verdict verdict = Judge(*budgets, {ReadEvidence(results, "r.txt")}, {});
  EXPECT_EQ(verdict.ExitStatus(), 0) << RenderText(verdict);
  EXPECT_EQ(verdict.Count(Outcome::kPass), kMetricCount);
}

TEST(UpdateBudgets, WhatCannotBeCountedGetsNoBudget) {
  const auto update = Apply("",
                            "BenchmarkA 10 3 allocs/op\n# unstable B: 3/10 then 4/10\n"
                            "# absent C: no kqueue\n");
  ASSERT_TRUE(update.ok());
  EXPECT_THAT(update->refused,
              ElementsAre("A: it has no count of allocs and bytes", "B: 3/10 then 4/10"));
  EXPECT_FALSE(Apply("", "BenchmarkA 10 NaN allocs/op\n").ok());
  EXPECT_FALSE(Apply("version = 3\n", kResults).ok());
}

TEST(UpdateBudgets, ARowOverTwoLinesIsRefusedRatherThanSpoilt) {
  const std::string file =
      "version = 1\n[gate]\nbudgets = [\n"
      "  { benchmark = \"A\", when = { os = \"\"\"\n*\"\"\" }, allocs = 2, bytes = 96 },\n]\n";
  const auto update = Apply(file, "os: linux\nBenchmarkA 10 0 allocs/op 0 B/op\n");
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->refused,
              ElementsAre("b.toml:4: A: the row is not on one line; write it on one"));
  EXPECT_EQ(update->text, file);
}

TEST(UpdateBudgets, ACeilingIsNotLowered) {
  const std::string fewer = absl::StrReplaceAll(
      Results(),
      {{"0.001 allocs/op 0 B/op 8 usable-B/op 4", "0.001 allocs/op 0 B/op 7 usable-B/op 1"}});
  const auto update = Apply(File(), fewer);
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->changes, ElementsAre(HasSubstr("A: ")));
}

TEST(UpdateBudgets, NewRowsOfOnePlaceAreInOrder) {
  const auto update = Apply(
      File(), Results() + "BenchmarkB2 10 0 allocs/op 0 B/op\nBenchmarkB1 10 0 allocs/op 0 B/op\n");
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->text, HasSubstr("  { benchmark = \"B1\", allocs = 0, bytes = 0 },\n"
                                      "  { benchmark = \"B2\", allocs = 0, bytes = 0 },\n"
                                      "  { benchmark = \"C\""));
}

// It is said of, and runs elsewhere.
TEST(UpdateBudgets, WhatIsAbsentHereIsNotPruned) {
  const auto update =
      Apply(File(), "os: linux\nBenchmarkA 10 0 allocs/op 0 B/op\n# absent C: no kqueue\n",
            {.prune = true});
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->changes, ElementsAre(HasSubstr("A: "), "removed D*"));
}

TEST(UpdateBudgets, WhatARunGaveBackIsNothingLeft) {
  const auto update = Apply("", "BenchmarkA 10 0 allocs/op 0 B/op -32 live-B\n");
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_THAT(update->text, HasSubstr("allocs = 0, bytes = 0, live_bytes = 0 }"));
}

}  // namespace
}  // namespace tare::gate
