// SPDX-License-Identifier: Apache-2.0
// Row by row, metric by metric; then what budgets and waivers have no row for.
#include "gate/judge.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gate/waivers.h"
#include "result/words.h"

namespace tare::gate {
namespace {

using State = Measured::State;

// "+2 (+16.7 %)"; from 0 there is no percentage.
std::string Change(const Rational& budget, const Rational& measured) {
  const double difference = measured.ToDouble() - budget.ToDouble();
  std::string text = result::Rounded(difference, 6, true);
  if (budget.total != 0) {
    const double percent = 100 * difference / budget.ToDouble();
    absl::StrAppend(&text, ", ", result::Rounded(percent, 3, true), " %");
  }
  return text;
}

// How many characters two names have in common at both ends.
size_t Likeness(absl::string_view a, absl::string_view b) {
  const size_t shorter = std::min(a.size(), b.size());
  size_t front = 0, back = 0;
  while (front < shorter && a[front] == b[front]) ++front;
  while (back < shorter - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  return front + back;
}

class Judgement {
 public:
  Judgement(const Budgets& budgets, const std::vector<Evidence>& evidence,
            const JudgeOptions& options)
      : budgets_(budgets), evidence_(evidence), options_(options) {
    verdict_.budgets = budgets.file;
    for (const Evidence& e : evidence) verdict_.sources.push_back(e.source);
  }

  Verdict Make() {
    CheckNames();
    for (const Evidence& e : evidence_) JudgeEvidence(e);
    CheckBudgetsAreUsed();
    ApplyWaivers(budgets_, options_.today, WaiversOf::kCounts, options_.elsewhere, &verdict_);
    if (verdict_.benchmarks == 0) {
      Add(Outcome::kCannotJudge, "", "", budgets_.file,
          "nothing was judged: no benchmark has both "
          "a budget and counts");
    }
    return std::move(verdict_);
  }

 private:
  Finding& Add(Outcome outcome, absl::string_view benchmark, absl::string_view metric,
               std::string where, std::string message) {
    Finding& finding = verdict_.findings.emplace_back();
    finding.outcome = outcome;
    finding.benchmark = std::string(benchmark);
    finding.metric = std::string(metric);
    finding.where = std::move(where);
    finding.message = std::move(message);
    return finding;
  }

  // A name belongs to one file: two would be judged as if they were one benchmark.
  void CheckNames() {
    absl::flat_hash_map<std::string, std::string> places;
    for (const Evidence& e : evidence_) {
      for (const Measured& row : e.rows) {
        const auto [first, is_new] = places.try_emplace(row.name, e.Where(row));
        if (is_new) continue;
        Add(Outcome::kCannotJudge, row.name, "", e.Where(row),
            absl::StrCat("is also in ", first->second, "; give one of the files"));
      }
    }
  }

  void JudgeEvidence(const Evidence& e) {
    for (const std::string& fault : e.faults) {
      const size_t colon = fault.find(": ");
      Add(Outcome::kCannotJudge, "", "", fault.substr(0, colon), fault.substr(colon + 2));
    }
    if (!e.faults.empty()) return;  // what the rest of such a file says is worth nothing
    for (const Measured& row : e.rows) JudgeRow(e, row);
  }

  void JudgeRow(const Evidence& e, const Measured& row) {
    const Choice choice = ChooseBudget(budgets_, row.name, e.config);
    if (choice.budget != nullptr) used_.insert(choice.budget);
    if (row.state == State::kFailed) {
      Add(Outcome::kFault, row.name, "", e.Where(row), row.reason);
      return;
    }
    if (choice.budget == nullptr) {
      if (row.state == State::kAbsent) {
        Add(Outcome::kAbsent, row.name, "", e.Where(row), row.reason);
        return;
      }
      unbudgeted_.push_back(row.name);
      Add(Outcome::kCannotJudge, row.name, "", e.Where(row),
          absl::StrCat(choice.why, "; `tare budget update` adds one, or say unbudgeted = \"why\""));
      return;
    }
    const Budget& budget = *choice.budget;
    const std::string where = budgets_.Where(budget.line);
    if (row.state == State::kAbsent) {
      const bool fails = budget.unbudgeted.empty() && !options_.allow_absent;
      Add(fails ? Outcome::kCannotJudge : Outcome::kAbsent, row.name, "", where,
          absl::StrCat("absent here: ", row.reason,
                       fails ? "; it has a budget (--allow-absent lets it pass)" : ""));
      return;
    }
    if (!budget.unbudgeted.empty()) {
      Add(Outcome::kUnbudgeted, row.name, "", where, budget.unbudgeted);
    } else if (row.state == State::kUnstable) {
      if (const std::string why = WhyNoRange(row, budget); !why.empty()) {
        Add(Outcome::kCannotJudge, row.name, "", where,
            absl::StrCat("the count is unstable: ", row.reason, "; ", why));
        return;
      }
    }
    bool judged = false;
    for (size_t i = 0; i < kMetricCount; ++i) {
      if (budget.limits[i].has_value()) judged |= JudgeMetric(e, row, budget, i);
    }
    if (judged) ++verdict_.benchmarks;
  }

  // Why an unstable row cannot be held against its budget; empty: it can.
  static std::string WhyNoRange(const Measured& row, const Budget& budget) {
    for (size_t i = 0; i < kMetricCount; ++i) {
      const Metric& metric = kMetrics[i];
      if (!budget.limits[i].has_value()) continue;
      if (!row.between[i].has_value()) {
        // What the kernel does not let be counted is said elsewhere.
        if (i == kSyscalls) continue;
        return absl::StrCat("what both runs gave of ", metric.unit, " is not said");
      }
      const auto& [low, high] = *row.between[i];
      if (metric.exact && !budget.ranges[i].has_value() && low.Compare(high) != 0) {
        return absl::StrCat("if scheduling moves it, say ", metric.key,
                            " = { least = ", ToToml(low), ", most = ", ToToml(high),
                            ", why = \"...\" }");
      }
    }
    return "";
  }

  // Whether there was something to judge.
  bool JudgeMetric(const Evidence& e, const Measured& row, const Budget& budget, size_t i) {
    const Metric& metric = kMetrics[i];
    const Rational& limit = *budget.limits[i];
    const std::string where = budgets_.Where(budget.line);
    if (row.between[i].has_value()) {
      JudgeRange(row, budget, i, row.between[i]->first, row.between[i]->second);
      return true;
    }
    if (!row.values[i].has_value()) {
      const auto reason = std::find_if(e.not_applicable.begin(), e.not_applicable.end(),
                                       [&](const auto& n) { return n.first == metric.unit; });
      const bool said = reason != e.not_applicable.end();
      Add(said && i == kSyscalls ? Outcome::kNotCounted : Outcome::kCannotJudge, row.name,
          metric.key, e.Where(row),
          said         ? absl::StrCat(metric.unit, " is not counted here: ", reason->second)
          : IsSplit(i) ? absl::StrCat(metric.unit,
                                      " is missing: the benchmark accounts for no library apart "
                                      "(tare::Meter::kLibraryApart)")
                       : absl::StrCat(metric.unit, " is missing; `tare run --counts-only",
                                      i == kPeak ? " --peak" : "", "` counts it"));
      return false;
    }
    if (!row.costs[i].has_value()) {
      Add(Outcome::kCannotJudge, row.name, metric.key, e.Where(row),
          absl::StrFormat("%.17g %s is no whole number over %d operations", *row.values[i],
                          metric.unit, row.iterations));
      return false;
    }
    const Rational& cost = *row.costs[i];
    if (budget.ranges[i].has_value()) {
      JudgeRange(row, budget, i, cost, cost);
      return true;
    }
    const int order = cost.Compare(limit);
    // What happens once in a run weighs differently in runs of another length.
    if (order != 0 && metric.exact && !limit.IsInteger() && cost.n % limit.n != 0) {
      Add(Outcome::kCannotJudge, row.name, metric.key, where,
          absl::StrCat("counted over ", cost.n, " operations, the budget was over ", limit.n,
                       "; fix the number with tare::FixCountedIterations"));
      return false;
    }
    Outcome outcome = Outcome::kPass;
    std::string message;
    if (order > 0) {
      outcome = Outcome::kRegression;
      message = absl::StrCat(metric.unit, ": ", ToText(cost), ", the ",
                             metric.exact ? "budget is " : "ceiling is ", ToText(limit), " (",
                             Change(limit, cost), ")");
    } else if (order < 0 && metric.exact) {
      outcome = Outcome::kImprovement;
      message = absl::StrCat(metric.unit, ": ", ToText(cost), ", the budget is ", ToText(limit),
                             " (", Change(limit, cost), "); claim it: `tare budget update`");
    }
    Finding& finding = Add(outcome, row.name, metric.key, where, std::move(message));
    finding.budget = limit;
    finding.measured = cost;
    finding.is_open = IsCeilingOfNone(i, limit, cost);
    return true;
  }

  // What two runs gave, or one gave twice, against a range or whatever else the limit is.
  void JudgeRange(const Measured& row, const Budget& budget, size_t i, const Rational& low,
                  const Rational& high) {
    const Metric& metric = kMetrics[i];
    const std::optional<Range>& range = budget.ranges[i];
    const Rational& most = *budget.limits[i];
    const Rational least = range.has_value() ? range->least : metric.exact ? most : Rational{};
    Outcome outcome = Outcome::kPass;
    std::string message;
    const std::string allowed =
        range.has_value()
            ? absl::StrCat("the range is ", ToText(least), " to ", ToText(most))
            : absl::StrCat("the ", metric.exact ? "budget" : "ceiling", " is ", ToText(most));
    if (high.Compare(most) > 0) {
      outcome = Outcome::kRegression;
      message = absl::StrCat(metric.unit, ": ", ToText(high), ", ", allowed, " (",
                             Change(most, high), ")");
    } else if (low.Compare(least) < 0) {
      outcome = Outcome::kImprovement;
      message = absl::StrCat(metric.unit, ": ", ToText(low), ", ", allowed, " (",
                             Change(least, low), "); claim it: `tare budget update`");
    }
    const bool below = outcome == Outcome::kImprovement;
    Finding& finding =
        Add(outcome, row.name, metric.key, budgets_.Where(budget.line), std::move(message));
    finding.budget = below ? least : most;
    finding.measured = below ? low : high;
  }

  // Not where a file could not be judged: it may have held what is missed.
  void CheckBudgetsAreUsed() {
    if (options_.incomplete || std::any_of(evidence_.begin(), evidence_.end(),
                                           [](const Evidence& e) { return !e.faults.empty(); })) {
      return;
    }
    for (const Budget& budget : budgets_.budgets) {
      if (used_.contains(&budget) || IsElsewhere(budget.benchmark)) continue;
      bool of_another_machine = !evidence_.empty();
      bool names_something = false;
      for (const Evidence& e : evidence_) {
        of_another_machine =
            of_another_machine && !Obstacle(budgets_, budget, budget.benchmark, e.config).empty();
        names_something =
            names_something || std::any_of(e.rows.begin(), e.rows.end(), [&](const Measured& row) {
              return Matches(budget.benchmark, row.name);
            });
      }
      // Of another machine, or a row that is more specific took what there was.
      if (of_another_machine || names_something) continue;
      std::string message =
          absl::StrCat("a budget for ", budget.benchmark, ", which these results do not have");
      if (const std::string like = MostLike(budget.benchmark); !like.empty()) {
        absl::StrAppend(&message, "; was it renamed to ", like, "?");
      }
      Add(Outcome::kCannotJudge, budget.benchmark, "", budgets_.Where(budget.line),
          absl::StrCat(message, "; `tare budget update --prune` takes it out"));
    }
  }

  bool IsElsewhere(absl::string_view pattern) const {
    return std::any_of(options_.elsewhere.begin(), options_.elsewhere.end(),
                       [&](const std::string& name) { return Matches(pattern, name); });
  }

  std::string MostLike(absl::string_view name) const {
    std::string best;
    for (const std::string& other : unbudgeted_) {
      if (best.empty() || Likeness(name, other) > Likeness(name, best)) best = other;
    }
    return best;
  }

  const Budgets& budgets_;
  const std::vector<Evidence>& evidence_;
  const JudgeOptions& options_;
  Verdict verdict_;
  absl::flat_hash_set<const Budget*> used_;
  std::vector<std::string> unbudgeted_;
};

}  // namespace

Verdict Judge(const Budgets& budgets, const std::vector<Evidence>& evidence,
              const JudgeOptions& options) {
  return Judgement(budgets, evidence, options).Make();
}

}  // namespace tare::gate
