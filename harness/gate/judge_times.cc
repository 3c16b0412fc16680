// SPDX-License-Identifier: Apache-2.0
// Logarithms of the ratios, round by round: signed ranks, Holm, Hodges-Lehmann.
#include "gate/judge_times.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gate/budget.h"
#include "result/words.h"
#include "stat/holm.h"
#include "stat/shift.h"
#include "stat/signed_rank.h"

namespace tare::gate {
namespace {

constexpr int kLeastRounds = 9;
constexpr int kMostRounds = 1000;

std::vector<double> LogarithmsOfRatios(const TimedBenchmark& benchmark) {
  std::vector<double> logarithms;
  for (size_t i = 0; i < benchmark.base.size(); ++i) {
    // Not of the quotient: what ties, ties in whole steps of a clock, and log(2/3) is not exactly
    // -log(3/2).
    logarithms.push_back(std::log(benchmark.now[i]) - std::log(benchmark.base[i]));
  }
  return logarithms;
}

bool ArePairs(const TimedBenchmark& benchmark) {
  // No benchmark takes longer or shorter than this, and ratios stay finite.
  const auto is_time = [](double ns) { return ns > 1e-100 && ns < 1e100; };
  return benchmark.base.size() == benchmark.now.size() &&
         std::all_of(benchmark.base.begin(), benchmark.base.end(), is_time) &&
         std::all_of(benchmark.now.begin(), benchmark.now.end(), is_time);
}

Finding& Add(Outcome outcome, const std::string& benchmark, std::string message, Verdict* verdict) {
  Finding& finding = verdict->findings.emplace_back();
  finding.outcome = outcome;
  finding.benchmark = benchmark;
  finding.metric = kTimeMetric;
  finding.message = std::move(message);
  return finding;
}

// A build slower than the base by this fraction, in all rounds alike, would have been a regression:
// a slowdown moves both intervals, and the test rejects what its own interval leaves out.
double SeenFrom(const std::vector<double>& logarithms, double ratio, double low, size_t benchmarks,
                const TimeRules& rules) {
  const double level = rules.alpha / static_cast<double>(benchmarks);
  const stat::Shift alone = stat::PairedShift(logarithms, 1 - level);
  const double by_effect = (1 + rules.min_effect) / low;
  const double by_p = alone.interval.has_value() ? std::exp(-alone.interval->low) : by_effect;
  return std::max(ratio * std::max(by_effect, by_p) - 1, 0.0);
}

std::string InWords(const TimeChange& change, const TimeRules& rules) {
  const auto ratio = [](double value) { return result::Rounded(value, 4); };
  return absl::StrFormat(
      "time: %s of the base build's [%s, %s] over %s, p %.2g (Holm %.2g); a regression from %s on",
      ratio(change.ratio), ratio(change.low), ratio(change.high),
      result::CountOf(change.rounds, "round"), change.p, change.p_holm,
      ratio(1 + rules.min_effect));
}

}  // namespace

int RoundsToJudge(size_t benchmarks, const TimeRules& rules) {
  int rounds = kLeastRounds;
  while (rounds < kMostRounds &&
         stat::LeastSignedRankP(static_cast<size_t>(rounds)) * static_cast<double>(benchmarks) >
             rules.alpha) {
    ++rounds;
  }
  return rounds;
}

void JudgeTimes(const std::vector<TimedBenchmark>& benchmarks, const std::string& base,
                const TimeRules& rules, Verdict* verdict) {
  std::vector<const TimedBenchmark*> fit;
  for (const TimedBenchmark& benchmark : benchmarks) {
    if (ArePairs(benchmark)) {
      fit.push_back(&benchmark);
    } else {
      Add(Outcome::kCannotJudge, benchmark.name,
          absl::StrCat("time: ", benchmark.base.size(), " rounds of the base build and ",
                       benchmark.now.size(), " of this one are no pairs of times"),
          verdict);
    }
  }
  verdict->times = {base, 0, rules.min_effect, rules.alpha};
  if (fit.empty()) {
    Add(Outcome::kCannotJudge, "", "time: no benchmark was timed in both builds", verdict);
    return;
  }

  std::vector<double> p;
  for (const TimedBenchmark* benchmark : fit) {
    p.push_back(stat::SignedRankTest(LogarithmsOfRatios(*benchmark)).p);
  }
  const std::vector<double> adjusted = stat::HolmAdjusted(p);
  for (size_t i = 0; i < fit.size(); ++i) {
    const std::vector<double> logarithms = LogarithmsOfRatios(*fit[i]);
    const stat::Shift shift = stat::PairedShift(logarithms, 1 - rules.alpha);
    const double least = stat::LeastSignedRankP(logarithms.size());
    if (!shift.interval.has_value() || least * static_cast<double>(fit.size()) > rules.alpha) {
      Add(Outcome::kCannotJudge, fit[i]->name,
          absl::StrCat("time: ", logarithms.size(), " rounds of ", fit.size(),
                       " benchmarks could show no regression, whatever it was; take ",
                       RoundsToJudge(fit.size(), rules)),
          verdict);
      continue;
    }
    TimeChange change;
    change.ratio = std::exp(shift.estimate);
    change.low = std::exp(shift.interval->low);
    change.high = std::exp(shift.interval->high);
    change.p = p[i];
    change.p_holm = adjusted[i];
    change.rounds = logarithms.size();
    change.seen_from = SeenFrom(logarithms, change.ratio, change.low, fit.size(), rules);
    const bool slower = change.low > 1 + rules.min_effect && change.p_holm <= rules.alpha;
    Finding& finding = Add(slower ? Outcome::kRegression : Outcome::kPass, fit[i]->name,
                           slower ? InWords(change, rules) : "", verdict);
    finding.time = change;
    ++verdict->times->benchmarks;
  }
}

}  // namespace tare::gate
