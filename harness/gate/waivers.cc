// SPDX-License-Identifier: Apache-2.0
// Each waiver against each regression of its metric.
#include "gate/waivers.h"

#include <algorithm>
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

// Whether something was found that the waiver could have excused, and was not there.
bool ExcusesNothing(const Waiver& waiver, const std::vector<std::string>& elsewhere,
                    const Verdict& verdict) {
  bool is_known = false, is_judged = false, has_metric = false, metric_is_judged = false;
  for (const Finding& finding : verdict.findings) {
    if (finding.benchmark.empty() || !Matches(waiver.benchmark, finding.benchmark)) continue;
    const bool judged =
        finding.outcome == Outcome::kPass || finding.outcome == Outcome::kImprovement;
    is_known = true;
    is_judged |= judged;
    has_metric |= finding.metric == waiver.metric;
    metric_is_judged |= judged && finding.metric == waiver.metric;
  }
  if (metric_is_judged) return waiver.metric != kTimeMetric;
  if (is_known) return is_judged && !has_metric;
  return std::none_of(elsewhere.begin(), elsewhere.end(),
                      [&](const std::string& name) { return Matches(waiver.benchmark, name); });
}

}  // namespace

void ApplyWaivers(const Budgets& budgets, const std::string& today, WaiversOf which,
                  const std::vector<std::string>& elsewhere, Verdict* verdict) {
  for (const Waiver& waiver : budgets.waivers) {
    if ((waiver.metric == kTimeMetric) != (which == WaiversOf::kTimes)) continue;
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
    } else if (!used && ExcusesNothing(waiver, elsewhere, *verdict)) {
      AddUnfit(budgets, waiver, "the waiver excuses nothing: take it out", verdict);
    }
  }
}

}  // namespace tare::gate
