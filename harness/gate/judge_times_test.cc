// SPDX-License-Identifier: Apache-2.0
// Times against a base build: what is called a regression, what is not, and what nobody can say.
#include "gate/judge_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gate/budget.h"
#include "gate/waivers.h"

namespace tare::gate {
namespace {

using ::testing::HasSubstr;

// `rounds` rounds in which the machine's speed wanders by 30 %, for both builds alike, and each
// time scatters by `scatter` besides.
TimedBenchmark Timed(const std::string& name, int rounds, double ratio, double scatter = 0.01,
                     uint64_t seed = 1) {
  const auto next = [&seed] {  // in [-1, 1)
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(seed >> 11) / static_cast<double>(1ull << 52) - 1;
  };
  TimedBenchmark benchmark{name, {}, {}};
  for (int i = 0; i < rounds; ++i) {
    const double mood = 1000 * (1 + 0.3 * next());
    benchmark.base.push_back(mood * (1 + scatter * next()));
    benchmark.now.push_back(mood * ratio * (1 + scatter * next()));
  }
  return benchmark;
}

Verdict Judged(const std::vector<TimedBenchmark>& benchmarks, const TimeRules& rules = {}) {
  Verdict verdict;
  JudgeTimes(benchmarks, "base/bin", rules, &verdict);
  return verdict;
}

TEST(JudgeTimes, ASlowdownBeyondTheEffectIsARegression) {
  const Verdict verdict = Judged({Timed("A", 9, 1.2)});
  EXPECT_EQ(verdict.ExitStatus(), 1);
  ASSERT_EQ(verdict.findings.size(), 1u);
  const Finding& finding = verdict.findings[0];
  EXPECT_EQ(finding.metric, "time");
  ASSERT_TRUE(finding.time.has_value());
  EXPECT_GT(finding.time->low, 1.05);
  EXPECT_LT(finding.time->high, 1.3);
  EXPECT_NEAR(finding.time->ratio, 1.2, 0.02);
  EXPECT_NEAR(finding.time->p, 2.0 / 512, 1e-12);
  EXPECT_THAT(finding.message, HasSubstr("of the base build's ["));
  EXPECT_THAT(finding.message, HasSubstr("over 9 rounds, p 0.0039 (Holm 0.0039)"));
}

TEST(JudgeTimes, WhatIsCertainButSmallPasses) {
  EXPECT_EQ(Judged({Timed("A", 30, 1.04)}).ExitStatus(), 0);
  TimeRules strict;
  strict.min_effect = 0.01;
  EXPECT_EQ(Judged({Timed("A", 30, 1.04)}, strict).ExitStatus(), 1);
}

TEST(JudgeTimes, WhatIsLargeButUncertainPasses) {
  const Verdict verdict = Judged({Timed("A", 9, 1.1, 0.4)});
  EXPECT_EQ(verdict.ExitStatus(), 0);
  EXPECT_GT(verdict.findings[0].time->seen_from, 0.05) << "and says that it saw little";
}

// Slower without a doubt, by 13 % at a guess; but perhaps by 2 % only.
TEST(JudgeTimes, TheWholeIntervalMustLieBeyondTheEffect) {
  const TimedBenchmark benchmark = {
      "A", std::vector<double>(9, 100), {101, 102, 103, 110, 120, 120, 121, 122, 123}};
  const Verdict verdict = Judged({benchmark});
  const TimeChange& change = *verdict.findings[0].time;
  EXPECT_LT(change.p, 0.01);
  EXPECT_GT(change.ratio, 1.1);
  EXPECT_LT(change.low, 1.05);
  EXPECT_EQ(verdict.ExitStatus(), 0);
}

TEST(JudgeTimes, FasterAndEqualPass) {
  EXPECT_EQ(Judged({Timed("A", 9, 0.5)}).ExitStatus(), 0);
  EXPECT_EQ(Judged({Timed("A", 9, 1, 0)}).ExitStatus(), 0);
}

// One slow benchmark among many is still found, and of many that are alike hardly one is called.
TEST(JudgeTimes, HolmOverTheBenchmarks) {
  std::vector<TimedBenchmark> many;
  const int rounds = RoundsToJudge(100, {});
  EXPECT_EQ(rounds, 12);
  for (int i = 0; i < 100; ++i) {
    many.push_back(Timed(absl::StrCat("B", i), rounds, 1, 0.01, static_cast<uint64_t>(i) + 2));
  }
  EXPECT_EQ(Judged(many).ExitStatus(), 0);
  many.push_back(Timed("slow", rounds, 1.3));
  const Verdict verdict = Judged(many);
  EXPECT_EQ(verdict.Count(Outcome::kRegression), 1u);
  EXPECT_EQ(verdict.times->benchmarks, 101u);
}

TEST(JudgeTimes, FalseAlarmsAreRareInAThousandReports) {
  TimeRules any;
  any.min_effect = 0;  // the hardest case: whatever the test calls is a regression
  int alarms = 0;
  for (uint64_t report = 0; report < 1000; ++report) {
    std::vector<TimedBenchmark> benchmarks;
    for (uint64_t i = 0; i < 5; ++i) {
      benchmarks.push_back(Timed("B", 11, 1, 0.05, 1000 * report + i));
    }
    alarms += Judged(benchmarks, any).ExitStatus() != 0 ? 1 : 0;
  }
  RecordProperty("alarms", alarms);
  EXPECT_LE(alarms, 50) << "of 1,000 at alpha = 0.05";
}

// What it says that it would have seen, it sees; a little less, it does not.
// Whether the effect decides or, where any will do, the test.
TEST(JudgeTimes, WhatWouldHaveBeenSeenIs) {
  for (const double min_effect : {0.05, 0.0}) {
    TimeRules rules;
    rules.min_effect = min_effect;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
      const std::vector<TimedBenchmark> benchmarks = {Timed("A", 11, 1, 0.05, seed),
                                                      Timed("B", 11, 1, 0.02, seed + 100)};
      const Verdict clean = Judged(benchmarks, rules);
      for (size_t i = 0; i < benchmarks.size(); ++i) {
        ASSERT_TRUE(clean.findings[i].time.has_value());
        if (clean.findings[i].outcome != Outcome::kPass) continue;
        const TimeChange& change = *clean.findings[i].time;
        for (const double share : {1.001, 0.98}) {
          std::vector<TimedBenchmark> slowed = benchmarks;
          const double factor = (1 + change.seen_from) / change.ratio * share;
          for (double& ns : slowed[i].now) ns *= factor;
          const Verdict verdict = Judged(slowed, rules);
          EXPECT_EQ(verdict.findings[i].outcome == Outcome::kRegression, share > 1)
              << seed << " " << benchmarks[i].name << " " << factor;
        }
      }
    }
  }
}

TEST(JudgeTimes, TooFewRoundsCannotBeJudged) {
  const Verdict verdict = Judged({Timed("A", 5, 2)});
  EXPECT_EQ(verdict.ExitStatus(), 4);
  EXPECT_THAT(
      verdict.findings[0].message,
      HasSubstr("5 rounds of 1 benchmarks could show no regression, whatever it was; take 9"));
  std::vector<TimedBenchmark> many;
  for (int i = 0; i < 20; ++i) many.push_back(Timed(absl::StrCat("B", i), 9, 2));
  EXPECT_EQ(Judged(many).ExitStatus(), 4) << "9 rounds bear Holm's correction for 12";
}

TEST(JudgeTimes, NothingToJudgeIsNoPass) {
  EXPECT_EQ(Judged({}).ExitStatus(), 4);
  TimedBenchmark uneven = Timed("A", 9, 1);
  uneven.now.pop_back();
  EXPECT_EQ(Judged({uneven}).ExitStatus(), 4);
  TimedBenchmark zero = Timed("A", 9, 1);
  zero.base[3] = 0;
  EXPECT_EQ(Judged({zero}).ExitStatus(), 4);
  TimedBenchmark now_zero = Timed("A", 9, 1);
  now_zero.now[3] = 0;
  EXPECT_THAT(Judged({now_zero}).findings[0].message, HasSubstr("are no pairs of times"));
}

TEST(JudgeTimes, AWaiverExcusesTimeAlone) {
  const auto budgets = ParseBudgets(
      "version = 1\n[gate]\nwaivers = [\n"
      "{ benchmark = \"A\", metric = \"time\", reason = \"r\", owner = \"o\", link = \"l\", "
      "expires = 2026-12-31 },\n]\n",
      "b.toml");
  ASSERT_TRUE(budgets.ok()) << budgets.status();
  Verdict slow = Judged({Timed("A", 9, 1.2)});
  ApplyWaivers(*budgets, "2026-12-31", WaiversOf::kTimes, {}, &slow);
  EXPECT_EQ(slow.ExitStatus(), 0);
  EXPECT_EQ(slow.Count(Outcome::kWaived), 1u);
  Verdict late = Judged({Timed("A", 9, 1.2)});
  ApplyWaivers(*budgets, "2027-01-01", WaiversOf::kTimes, {}, &late);
  EXPECT_EQ(late.ExitStatus(), 4);
  Verdict fast = Judged({Timed("A", 9, 1)});
  ApplyWaivers(*budgets, "2026-12-31", WaiversOf::kTimes, {}, &fast);
  EXPECT_EQ(fast.ExitStatus(), 0) << "idle: the base may have the slowdown in itself";
}

}  // namespace
}  // namespace tare::gate
