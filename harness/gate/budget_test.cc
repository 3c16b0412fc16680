// SPDX-License-Identifier: Apache-2.0
// The file of budgets: what it may say, what is wrong with it, and which row holds.
#include "gate/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace tare::gate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// `rows` are lines from 3 on.
absl::StatusOr<Budgets> ParseRows(absl::string_view rows) {
  return ParseBudgets(absl::StrCat("version = 1\n[gate]\nbudgets = [\n", rows, "]\n"), "b.toml");
}

std::string ErrorOf(absl::string_view text) {
  const auto budgets = ParseBudgets(text, "b.toml");
  return budgets.ok() ? "no error" : std::string(budgets.status().message());
}

std::string ErrorOfRow(absl::string_view row) {
  return ErrorOf(absl::StrCat("version = 1\n[gate]\nbudgets = [\n", row, "\n]\n"));
}

TEST(ParseBudgets, ReadsRowsConditionsAndWaivers) {
  const auto budgets = ParseBudgets(
      "version = 1  # a comment\n"
      "[recorded]\nos = \"linux\"\n"
      "[gate]\nbudgets = [\n"
      "  { benchmark = \"A\", allocs = \"1/1000\", bytes = 96, syscalls = 8 },\n"
      "  { benchmark = \"B*\", when = { allocator = \"glibc-*\" }, unbudgeted = \"slow\" },\n"
      "]\nwaivers = [\n"
      "  { benchmark = \"A\", metric = \"allocs\", reason = \"r\", owner = \"o\", link = \"l\", "
      "expires = 2027-01-31 },\n]\n",
      "b.toml");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  EXPECT_THAT(budgets->recorded, ElementsAre(Pair("os", "linux")));
  ASSERT_EQ(budgets->budgets.size(), 2u);
  EXPECT_EQ(budgets->budgets[0].line, 6);
  EXPECT_EQ(ToText(*budgets->budgets[0].limits[kAllocs]), "0.001 = 1/1000");
  EXPECT_FALSE(budgets->budgets[0].limits[kUsable].has_value());
  EXPECT_THAT(budgets->budgets[1].when, ElementsAre(Pair("allocator", "glibc-*")));
  EXPECT_EQ(budgets->budgets[1].unbudgeted, "slow");
  ASSERT_EQ(budgets->waivers.size(), 1u);
  EXPECT_EQ(budgets->waivers[0].expires, "2027-01-31");
  EXPECT_EQ(budgets->waivers[0].line, 10);
}

TEST(ParseBudgets, ARangeHasItsReason) {
  const auto budgets = ParseRows(
      "{ benchmark = \"A\", allocs = { least = \"1/8\", most = 5, why = \"w\" }, bytes = { most = "
      "9, "
      "why = \"x\" } },\n");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  const Budget& budget = budgets->budgets[0];
  EXPECT_EQ(ToText(budget.ranges[kAllocs]->least), "0.125 = 1/8");
  EXPECT_EQ(ToText(*budget.limits[kAllocs]), "5");
  EXPECT_EQ(budget.ranges[kAllocs]->why, "w");
  EXPECT_EQ(ToText(budget.ranges[kBytes]->least), "0");
  EXPECT_EQ(OperationsOf(*budgets, "A"), 0);
  const auto error = [](const char* range) {
    return ErrorOfRow(absl::StrCat("{ benchmark = \"A\", allocs = ", range, ", bytes = 0 }"));
  };
  EXPECT_THAT(error("{ most = 5 }"), HasSubstr("b.toml:4: a row needs why"));
  EXPECT_THAT(error("{ most = 5, why = \"\" }"), HasSubstr("why must be a string, and not empty"));
  EXPECT_THAT(error("{ least = 5, why = \"w\" }"), HasSubstr("a range of allocs needs most"));
  EXPECT_THAT(error("{ least = 6, most = 5, why = \"w\" }"), HasSubstr("least is above most"));
  EXPECT_THAT(error("{ most = 1.5, why = \"w\" }"), HasSubstr("most of allocs must be an integer"));
  EXPECT_THAT(error("{ most = 1, way = \"w\" }"), HasSubstr("unknown key 'way'"));
  EXPECT_THAT(error("1.5"), HasSubstr("or a range { least = 3"));
}

TEST(ParseBudgets, WhatIsWrongIsNamedWithItsLine) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("b.toml:1: version = 1 is missing"));
  EXPECT_THAT(ErrorOf("version = 2\n"), HasSubstr("b.toml:1: this tare reads version 1 only"));
  EXPECT_THAT(ErrorOf("version = 1\n"), HasSubstr("nothing is gated"));
  EXPECT_THAT(ErrorOf("version = 1\nbudget = []\n"), HasSubstr("b.toml:2: unknown key 'budget'"));
  EXPECT_THAT(ErrorOf("version = 1\n[gate\n"), HasSubstr("b.toml:2: "));
  EXPECT_THAT(ErrorOfRow("{ benchmark = \"A\", alocs = 0 }"),
              HasSubstr("b.toml:4: unknown key 'alocs'; there are benchmark, when, "));
  EXPECT_THAT(ErrorOfRow("{ benchmark = \"A\", allocs = 0 }"),
              HasSubstr("b.toml:4: a budget needs allocs and bytes, or unbudgeted"));
  EXPECT_THAT(ErrorOfRow("{ benchmark = \"A\", allocs = -1, bytes = 0 }"),
              HasSubstr("allocs must be an integer from 0 on"));
  EXPECT_THAT(ErrorOfRow("{ benchmark = \"A\", allocs = 0.5, bytes = 0 }"),
              HasSubstr("a fraction in quotes such as \"1/1000\""));
  EXPECT_THAT(ErrorOfRow("{ benchmark = \"A\", allocs = \"1/0\", bytes = 0 }"),
              HasSubstr("allocs must be"));
  EXPECT_THAT(ErrorOfRow("{ benchmark = \"A\", allocs = 0, bytes = 0, unbudgeted = \"x\" }"),
              HasSubstr("not both"));
  EXPECT_THAT(ErrorOfRow("{ benchmark = \"A\", unbudgeted = \"\" }"),
              HasSubstr("unbudgeted must be a string, and not empty"));
  EXPECT_THAT(ErrorOfRow("{ allocs = 0, bytes = 0 }"), HasSubstr("a row needs benchmark"));
  EXPECT_THAT(ErrorOfRow("{ benchmark = \"A\", allocs = 0, bytes = 0 },\n"
                         "{ benchmark = \"A\", allocs = 1, bytes = 0 }"),
              HasSubstr("b.toml:5: a second budget for A under the same conditions; the first is "
                        "in line 4"));
  EXPECT_THAT(ErrorOf("version = 1\n[gate]\nwaivers = [\n{ benchmark = \"A\", metric = \"ns\", "
                      "reason = \"r\", owner = \"o\", link = \"l\", expires = 2027-01-31 }]\n"),
              HasSubstr("b.toml:4: unknown metric 'ns'"));
  EXPECT_THAT(ErrorOf("version = 1\n[gate]\nwaivers = [\n{ benchmark = \"A\", metric = "
                      "\"allocs\", reason = \"r\", owner = \"o\", link = \"l\" }]\n"),
              HasSubstr("b.toml:4: a waiver needs expires = YYYY-MM-DD"));
}

TEST(Patterns, AStarIsAnyText) {
  EXPECT_TRUE(Matches("A/*/size=64", "A/b/c/size=64"));
  EXPECT_TRUE(Matches("*", ""));
  EXPECT_TRUE(Matches("a*b*c", "abbbbbcbc"));
  EXPECT_FALSE(Matches("a*b", "abc"));
  EXPECT_FALSE(Matches("A", "A/b"));
  EXPECT_FALSE(Matches("", "A"));
}

TEST(Patterns, ABackslashTakesTheMeaningAway) {
  EXPECT_TRUE(Matches("Sort<char\\*>", "Sort<char*>"));
  EXPECT_FALSE(Matches("Sort<char\\*>", "Sort<char**>"));
  EXPECT_TRUE(Matches("a\\\\b", "a\\b"));
  EXPECT_TRUE(Matches("*\\**", "x*y"));
  EXPECT_FALSE(Matches("*\\**", "xy"));
  for (const char* name : {"Sort<char*>", "a\\*b\\", "plain"}) {
    EXPECT_TRUE(Matches(PatternOf(name), name)) << name;
    EXPECT_TRUE(IsOneName(PatternOf(name))) << name;
  }
  EXPECT_FALSE(IsOneName("a*"));
}

TEST(ChooseBudget, TheMostSpecificRowHolds) {
  const auto budgets = ParseRows(
      "{ benchmark = \"A/*\", allocs = 1, bytes = 1 },\n"
      "{ benchmark = \"A/x*\", allocs = 2, bytes = 2 },\n"
      "{ benchmark = \"A/*\", when = { backend = \"poll\" }, allocs = 3, bytes = 3 },\n"
      "{ benchmark = \"A/xy/backend=poll\", allocs = 4, bytes = 4 },\n"
      "{ benchmark = \"A/xy/backend=poll\", when = { allocator = \"glibc*\" }, allocs = 5, "
      "bytes = 5 },\n");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  result::Config jemalloc, glibc;
  jemalloc.Set("allocator", "jemalloc-5.3.0");
  glibc.Set("allocator", "glibc-2.36");
  const auto line = [&](absl::string_view name, const result::Config& config) {
    const Choice choice = ChooseBudget(*budgets, name, config);
    return choice.budget != nullptr ? choice.budget->line : 0;
  };
  EXPECT_EQ(line("A/b", jemalloc), 4);
  EXPECT_EQ(line("A/x", jemalloc), 5);
  EXPECT_EQ(line("A/xz/backend=poll", jemalloc), 6);
  EXPECT_EQ(line("A/xy/backend=poll", jemalloc), 7);
  EXPECT_EQ(line("A/xy/backend=poll", glibc), 8);
  EXPECT_EQ(line("B", jemalloc), 0);
  EXPECT_THAT(ChooseBudget(*budgets, "B", jemalloc).why, HasSubstr("no budget in b.toml"));
  EXPECT_THAT(ChooseBudget(*budgets, "A/xy/backend=poll", jemalloc).others,
              ::testing::Contains(Pair(::testing::_, HasSubstr("these results are of "
                                                               "'jemalloc-5.3.0'"))));
}

TEST(ChooseBudget, TwoThatAreEquallySpecificHoldNeither) {
  const auto budgets = ParseRows(
      "{ benchmark = \"A/*b\", allocs = 1, bytes = 1 },\n"
      "{ benchmark = \"*Ab/\", allocs = 1, bytes = 1 },\n"
      "{ benchmark = \"A*/b\", allocs = 2, bytes = 2 },\n");
  ASSERT_TRUE(budgets.ok());
  const Choice choice = ChooseBudget(*budgets, "A/b", {});
  EXPECT_EQ(choice.budget, nullptr);
  EXPECT_EQ(choice.why, "two budgets hold, and neither is more specific: b.toml:4 and b.toml:6");
}

TEST(ChooseBudget, RecordedConditionsHoldUnlessARowHasItsOwn) {
  const auto budgets = ParseBudgets(
      "version = 1\n[recorded]\nos = \"linux\"\n[gate]\nbudgets = [\n"
      "{ benchmark = \"A\", allocs = 0, bytes = 0 },\n"
      "{ benchmark = \"B\", when = { os = \"*\" }, allocs = 0, bytes = 0 },\n]\n",
      "b.toml");
  ASSERT_TRUE(budgets.ok());
  result::Config bsd;
  bsd.Set("os", "freebsd");
  EXPECT_EQ(ChooseBudget(*budgets, "A", bsd).budget, nullptr);
  EXPECT_EQ(ChooseBudget(*budgets, "A", bsd).why,
            "the budget in b.toml:6 does not apply: it holds for os 'linux', these results are of "
            "'freebsd' (see [recorded])");
  EXPECT_THAT(ChooseBudget(*budgets, "A", {}).why, HasSubstr("do not say theirs"));
  EXPECT_NE(ChooseBudget(*budgets, "B", bsd).budget, nullptr);
}

TEST(Rationals, CompareExactly) {
  const Rational third{1, 3}, nearly{333333333333333333, 1000000000000000000};
  EXPECT_GT(third.Compare(nearly), 0);
  EXPECT_EQ((Rational{2, 4}.Compare({1, 2})), 0);
  EXPECT_LT((Rational{0, 1}.Compare({1, 1000})), 0);
  EXPECT_FALSE(ParseRational("-1").has_value());
  EXPECT_FALSE(ParseRational("1/").has_value());
  EXPECT_FALSE(ParseRational("").has_value());
  EXPECT_EQ(ToToml(*ParseRational("1/1000")), "\"1/1000\"");
}

TEST(ParseBudgets, TheFirstFaultIsNamed) {
  EXPECT_THAT(ErrorOfRow("{ benchmark = \"A\", allocs = -1, bytes = 0 },\n"
                         "{ benchmark = \"B\", allocs = 0, bytes = -1 }"),
              HasSubstr("b.toml:4: allocs must be"));
}

TEST(ParseBudgets, AVersionIsAnInteger) {
  EXPECT_THAT(ErrorOf("version = 1.0\n[gate]\nbudgets = []\n"),
              HasSubstr("b.toml:1: this tare reads version 1 only"));
  EXPECT_EQ(ErrorOf("version = 1\n[gate]\nbudgets = []\n"), "no error");
}

TEST(ParseBudgets, ARangeOfOneValueIsOne) {
  EXPECT_EQ(ErrorOfRow("{ benchmark = \"A\", allocs = { least = 5, most = 5, why = \"w\" }, "
                       "bytes = 0 }"),
            "no error");
}

// Over which number of operations a count is to be taken anew.
TEST(OperationsOf, AreThoseOfAFractionAndNotOfARange) {
  const auto budgets = ParseRows(
      "{ benchmark = \"A\", allocs = \"1/1000\", bytes = 0 },\n"
      "{ benchmark = \"B\", allocs = 1, bytes = \"3/500\" },\n"
      "{ benchmark = \"C\", allocs = { most = \"3/8\", why = \"w\" }, bytes = 0 },\n"
      "{ benchmark = \"D\", allocs = \"2000/1000\", bytes = 0 },\n"
      "{ benchmark = \"F\", allocs = 2, bytes = 0, usable = \"1/9\", lib_allocs = \"1/70\" },\n");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  EXPECT_EQ(OperationsOf(*budgets, "A"), 1000);
  EXPECT_EQ(OperationsOf(*budgets, "B"), 500);
  EXPECT_EQ(OperationsOf(*budgets, "C"), 0);
  EXPECT_EQ(OperationsOf(*budgets, "D"), 0);
  EXPECT_EQ(OperationsOf(*budgets, "E"), 0);
  EXPECT_EQ(OperationsOf(*budgets, "F"), 70);
}

TEST(LimitsSplit, IsSoWhereAnyOfTheFourIsLimited) {
  const auto limits = [](const std::string& more) {
    const auto budgets =
        ParseRows(absl::StrCat("{ benchmark = \"B\", unbudgeted = \"w\" },\n",
                               "{ benchmark = \"A\", allocs = 2, bytes = 0", more, " },\n"));
    EXPECT_TRUE(budgets.ok()) << budgets.status();
    return LimitsSplit(*budgets);
  };
  EXPECT_FALSE(limits(", usable = 1, peak_bytes = 9"));
  for (const char* key : {"own_allocs", "lib_allocs", "own_bytes", "lib_bytes"}) {
    EXPECT_TRUE(limits(absl::StrCat(", ", key, " = 0"))) << key;
  }
}

TEST(ChooseBudget, StarsAreNoLetters) {
  const auto budgets = ParseRows(
      "{ benchmark = \"*A*\", allocs = 1, bytes = 1 },\n"
      "{ benchmark = \"Ab*\", allocs = 2, bytes = 2 },\n");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  const Choice choice = ChooseBudget(*budgets, "Abc", {});
  ASSERT_NE(choice.budget, nullptr) << choice.why;
  EXPECT_EQ(choice.budget->line, 5);
}

}  // namespace
}  // namespace tare::gate
