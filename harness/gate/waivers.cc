// SPDX-License-Identifier: Apache-2.0
// Each waiver against each regression of its metric.
#include "gate/waivers.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace tare::gate {
namespace {

void AddUnfit(const Budgets& budgets, const Waiver& waiver, std::string message, Verdict* verdict) {
  Finding& finding = verdict->findings.emplace_back();
  finding.outcome = Outcome::kCannotJudge;
  finding.benchmark = waiver.benchmark;
  finding.metric = waiver.metric;
  finding.where = budgets.Where(waiver.line);
  finding.message = std::move(message);
}

}  // namespace

// Whether the gate had anything to say of the waiver's benchmarks; of its metric it was judged
// where one of them passed.
struct Seen {
  bool benchmark = false;
  bool judged = false;
};

Seen SeenOf(const Waiver& waiver, const Verdict& verdict) {
  Seen seen;
  for (const Finding& finding : verdict.findings) {
    if (finding.benchmark.empty() || !Matches(waiver.benchmark, finding.benchmark)) continue;
    seen.benchmark = true;
    seen.judged |= finding.metric == waiver.metric &&
                   (finding.outcome == Outcome::kPass || finding.outcome == Outcome::kImprovement);
  }
  return seen;
}

void ApplyWaivers(const Budgets& budgets, const std::string& today,
                  const std::function<bool(const Waiver&)>& is_asked,
                  const std::function<bool(const Waiver&)>& may_be_idle, Verdict* verdict) {
  for (const Waiver& waiver : budgets.waivers) {
    if (!is_asked(waiver)) continue;
    const bool expired = waiver.expires < today;
    bool used = false;
    for (Finding& finding : verdict->findings) {
      if (finding.outcome != Outcome::kRegression || finding.metric != waiver.metric ||
          !Matches(waiver.benchmark, finding.benchmark)) {
        continue;
      }
      used = true;
      if (expired) continue;
      finding.outcome = Outcome::kWaived;
      absl::StrAppend(&finding.message, "; waived until ", waiver.expires, " by ", waiver.owner,
                      ": ", waiver.reason, " (", waiver.link, ")");
    }
    if (expired) {
      AddUnfit(budgets, waiver,
               absl::StrCat("the waiver expired on ", waiver.expires, "; ", waiver.owner,
                            " mends it or says why it must last longer"),
               verdict);
      continue;
    }
    if (used) continue;
    const Seen seen = SeenOf(waiver, *verdict);
    if (seen.judged ? waiver.metric != kTimeMetric : !seen.benchmark && !may_be_idle(waiver)) {
      AddUnfit(budgets, waiver, "the waiver excuses nothing: take it out", verdict);
    }
  }
}

}  // namespace tare::gate
