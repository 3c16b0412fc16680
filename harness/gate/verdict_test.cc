// SPDX-License-Identifier: Apache-2.0
// Texts and files from one verdict; which exit status comes first.
#include "gate/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace tare::gate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Finding Found(Outcome outcome, const char* benchmark, const char* message) {
  Finding finding;
  finding.outcome = outcome;
  finding.benchmark = benchmark;
  finding.metric = "allocs";
  finding.where = "b.toml:4";
  finding.message = message;
  return finding;
}

// One line made twenty-one benchmarks fail, by two metrics each.
TEST(Verdict, ALineThatFailsManyBenchmarksIsShownOnceWithItsStack) {
  Verdict verdict;
  for (int i = 0; i < 21; ++i) {
    const std::string name = "B" + std::to_string(i);
    Finding& allocs = verdict.findings.emplace_back(
        Found(Outcome::kRegression, name.c_str(), "allocs/op: 1, the budget is 0"));
    if (i < 10) {
      Blame& site = allocs.sites.emplace_back();
      site.change = "new";
      site.function = "Parse";
      site.place = "read.cc:7";
      site.cost = i == 3 ? "2 allocs/op, 64 B/op" : "1 allocs/op, 32 B/op";
      site.folded_stack = {"std::string::string  basic_string.h:1  (and 5 below it)",
                           "Parse  read.cc:7"};
    } else {
      allocs.sites_note = "no stack: the first 10 are run again";
    }
    verdict.findings.push_back(
        Found(Outcome::kRegression, name.c_str(), "B/op: 32, the budget is 0"));
  }
  const std::string text = RenderText(verdict);
  EXPECT_THAT(text, HasSubstr("where:\n"
                              "  new: 1 allocs/op, 32 B/op at read.cc:7, in Parse (elsewhere 2 "
                              "allocs/op, 64 B/op)\n"
                              "      std::string::string  basic_string.h:1  (and 5 below it)\n"
                              "      Parse  read.cc:7\n"
                              "    of B0, B1, B2, B3 and 6 more\n"
                              "  no stack: the first 10 are run again\n"
                              "    of B10, B11, B12, B13 and 7 more\n"
                              "gate: regression: "));
  // A heading, a line a finding, and the eight above.
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 42 + 8);
}

TEST(Verdict, TheGravestOutcomeIsTheExitStatus) {
  Verdict verdict;
  EXPECT_EQ(verdict.ExitStatus(), 0);
  verdict.findings.push_back(Found(Outcome::kWaived, "A", "x"));
  EXPECT_EQ(verdict.ExitStatus(), 0);
  const std::pair<Outcome, int> order[] = {{Outcome::kImprovement, 3},
                                           {Outcome::kRegression, 1},
                                           {Outcome::kCannotJudge, 4},
                                           {Outcome::kFault, 5}};
  for (const auto& [outcome, status] : order) {
    verdict.findings.push_back(Found(outcome, "A", "x"));
    EXPECT_EQ(verdict.ExitStatus(), status);
    EXPECT_STREQ(verdict.Word(), Name(outcome));
  }
}

Verdict Mixed() {
  Verdict verdict;
  verdict.budgets = "b.toml";
  verdict.sources = {"r.txt"};
  verdict.benchmarks = 2;
  Finding pass = Found(Outcome::kPass, "A<int>", "");
  pass.budget = pass.measured = Rational{2001, 1000};
  verdict.findings = {pass, Found(Outcome::kRegression, "A<int>", "2 | 3 & \"more\"\t"),
                      Found(Outcome::kAbsent, "B", "no io_uring"),
                      Found(Outcome::kCannotJudge, "", "the file is empty")};
  return verdict;
}

TEST(RenderText, WhatFailsComesFirstAndPassesAreCounted) {
  EXPECT_EQ(RenderText(Mixed()),
            "cannot be judged:\n"
            "  the file is empty [b.toml:4]\n"
            "regressions:\n"
            "  A<int>: 2 | 3 & \"more\"\t [b.toml:4]\n"
            "absent here:\n"
            "  B: no io_uring [b.toml:4]\n"
            "gate: cannot judge: 2 benchmarks judged, 1 check passed, 1 cannot be judged, "
            "1 regression, 1 absent here\n");
}

TEST(RenderText, TheSelfTestListsGatesThatAreBlind) {
  Verdict verdict;
  verdict.TakeSelfTest({10,
                        8,
                        {{"A", "bytes", "bytes", "it passed", false},
                         {"B", "live_bytes", "block", "no limit", true}}});
  EXPECT_EQ(verdict.ExitStatus(), 4);
  EXPECT_THAT(RenderText(verdict),
              AllOf(HasSubstr("  A: blind: it did not see 'bytes' planted: it passed\n"),
                    Not(HasSubstr("B: blind")),
                    HasSubstr("self-test: 10 faults injected, 8 caught, 1 gate blind, 1 gate "
                              "without a limit\n")));
}

TEST(Verdict, ASelfTestThatTriedNothingProvesNothing) {
  Verdict verdict;
  verdict.TakeSelfTest({});
  EXPECT_EQ(verdict.ExitStatus(), 4);
}

TEST(RenderMarkdown, IsATableWithoutItsOwnMarksInCells) {
  EXPECT_THAT(RenderMarkdown(Mixed()),
              AllOf(HasSubstr("### Allocation gate: cannot judge\n"),
                    HasSubstr("| A\\<int> | 2 \\| 3 & \"more\"\t | b.toml:4 |\n")));
}

TEST(RenderMarkdown, FitsIntoAComment) {
  Verdict verdict = Mixed();
  for (int i = 0; i < 5000; ++i) {
    verdict.findings.push_back(Found(Outcome::kRegression, "A", "more than there was"));
  }
  const std::string text = RenderMarkdown(verdict);
  EXPECT_LT(text.size(), size_t{64} << 10);
  EXPECT_THAT(text, HasSubstr("More than fits here"));
}

TEST(RenderJson, KeepsIntegersAndEscapes) {
  const std::string json = RenderJson(Mixed());
  EXPECT_THAT(json, AllOf(HasSubstr("\"schema_version\": 1"), HasSubstr("\"exit_status\": 4"),
                          HasSubstr("\"budget\": {\"total\": 2001, \"n\": 1000}"),
                          HasSubstr("\"message\": \"2 | 3 & \\\"more\\\"\\u0009\"")));
}

TEST(RenderJunit, OneCaseABenchmarkOfItsGravestOutcome) {
  EXPECT_EQ(RenderJunit(Mixed()),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites tests=\"3\" failures=\"1\" errors=\"1\">\n"
            "  <testsuite name=\"tare gate\" tests=\"3\" failures=\"1\" errors=\"1\" "
            "skipped=\"1\">\n"
            "    <testcase classname=\"tare.gate\" name=\"(results)\">\n"
            "      <error type=\"cannot judge\" message=\"the file is empty [b.toml:4] \"/>\n"
            "    </testcase>\n"
            "    <testcase classname=\"tare.gate\" name=\"A&lt;int&gt;\">\n"
            "      <failure type=\"regression\" message=\"2 | 3 &amp; &quot;more&quot;  "
            "[b.toml:4] \"/>\n"
            "    </testcase>\n"
            "    <testcase classname=\"tare.gate\" name=\"B\">\n"
            "      <skipped message=\"no io_uring [b.toml:4] \"/>\n"
            "    </testcase>\n"
            "  </testsuite>\n"
            "</testsuites>\n");
}

// One finding alone may be longer than a comment.
TEST(RenderMarkdown, AFindingThatDoesNotFitIsLeftOut) {
  Verdict verdict = Mixed();
  verdict.findings.push_back(Found(Outcome::kFault, "A", std::string(70000, 'x').c_str()));
  const std::string text = RenderMarkdown(verdict);
  EXPECT_LT(text.size(), size_t{60000});
  EXPECT_THAT(text, AllOf(HasSubstr("More than fits here"), HasSubstr("2 \\| 3 & \"more\"")));
}

TEST(RenderText, OfTheTimesThatPassedTheBluntestIsNamed) {
  Verdict verdict;
  verdict.times = TimesJudged{"base/bin", 3, 0.05, 0.05};
  for (const auto& [name, seen_from] : {std::pair{"A", 0.07}, {"B", 0.21}, {"C", 0.11}}) {
    Finding finding = Found(Outcome::kPass, name, "");
    finding.time.emplace();
    finding.time->seen_from = seen_from;
    verdict.findings.push_back(finding);
  }
  EXPECT_THAT(RenderText(verdict),
              HasSubstr("of those that passed, B would have hidden the most: it is seen from 21 % "
                        "slower on\n"));
}

}  // namespace
}  // namespace tare::gate
