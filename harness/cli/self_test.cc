// SPDX-License-Identifier: Apache-2.0
// Looks for each planted fault in the verdict on it.
#include "cli/self_test.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace tare::cli {
namespace {

using gate::Outcome;

constexpr absl::string_view kBytes = "bytes";

struct Plant {
  absl::string_view name;
  gate::MetricIndex metric;  // which gate must notice
};

constexpr Plant kPlants[] = {{"alloc", gate::kAllocs},
                             {kBytes, gate::kBytes},
                             {"descriptor", gate::kDescriptors},
                             {"block", gate::kLiveBytes},
                             {"peak", gate::kPeak},
                             {"alloc", gate::kOwnAllocs},
                             {kBytes, gate::kOwnBytes},
                             {"library", gate::kLibraryAllocs},
                             {"library", gate::kLibraryBytes}};

// By benchmark, what the gate found of one metric.
using Findings = std::map<std::string, const gate::Finding*>;

Findings FindingsOf(const gate::Verdict& verdict, const char* metric) {
  Findings findings;
  for (const gate::Finding& finding : verdict.findings) {
    if (finding.metric == metric) findings[finding.benchmark] = &finding;
    // Of the whole benchmark, where nothing is said of the metric.
    if (finding.metric.empty()) findings.emplace(finding.benchmark, &finding);
  }
  return findings;
}

class Tester {
 public:
  Tester(const gate::Budgets& budgets, const gate::Verdict& clean)
      : budgets_(budgets), clean_(clean) {}

  // `evidence` is what was counted without the plant: a benchmark that was not counted with it has
  // not been put to the test, and that is said.
  void Try(const Plant& plant, const std::vector<gate::Evidence>& evidence,
           const gate::Verdict& planted) {
    const char* const metric = gate::kMetrics[plant.metric].key;
    const Findings before = FindingsOf(clean_, metric), after = FindingsOf(planted, metric);
    for (const gate::Evidence& e : evidence) {
      for (const gate::Measured& row : e.rows) Look(plant, e, row, before, after);
    }
  }

  gate::SelfTest Take() { return std::move(test_); }

 private:
  void Look(const Plant& plant, const gate::Evidence& e, const gate::Measured& row,
            const Findings& before, const Findings& after) {
    const gate::Budget* const budget = ChooseBudget(budgets_, row.name, e.config).budget;
    if (budget == nullptr) return;  // which fails the gate
    // What most benchmarks do not count needs no limit there.
    if (gate::IsSplit(plant.metric) && !row.values[plant.metric].has_value()) return;
    if (!budget->limits[plant.metric].has_value()) {
      return Blind(row.name, plant, true,
                   budget->unbudgeted.empty() ? "no limit in " + budgets_.Where(budget->line)
                                              : "unbudgeted: " + budget->unbudgeted);
    }
    if (const auto& range = budget->ranges[plant.metric]; range.has_value()) {
      return Blind(row.name, plant, true,
                   absl::StrCat("a range in ", budgets_.Where(budget->line), ": ", range->why));
    }
    const auto clean = before.find(row.name);
    if (clean == before.end()) return;
    if (clean->second->outcome == Outcome::kNotCounted) {
      return Blind(row.name, plant, true, clean->second->message);
    }
    if (clean->second->outcome != Outcome::kPass || !clean->second->measured.has_value()) return;
    const gate::Rational& cost = *clean->second->measured;
    if (plant.name == kBytes && cost.total == 0) return;
    ++test_.planted;
    const auto found = after.find(row.name);
    if (found == after.end() || !found->second->measured.has_value()) {
      return Blind(row.name, plant, false, "the program counted nothing with it");
    }
    const gate::Finding& finding = *found->second;
    if (finding.measured->Compare(cost) <= 0) {
      Blind(row.name, plant, false, "the program counts no more with it than without");
    } else if (finding.outcome == Outcome::kRegression) {
      ++test_.caught;
    } else {
      Blind(row.name, plant, false,
            absl::StrCat("counted ", ToText(*finding.measured), ", and the verdict is ",
                         Name(finding.outcome)));
    }
  }

  void Blind(const std::string& name, const Plant& plant, bool declared, std::string reason) {
    test_.blind.push_back({name, gate::kMetrics[plant.metric].key, std::string(plant.name),
                           std::move(reason), declared});
  }

  const gate::Budgets& budgets_;
  const gate::Verdict& clean_;
  gate::SelfTest test_;
};

}  // namespace

std::string SelfTestPlants(const gate::Budgets& budgets) {
  const bool peak = LimitsPeak(budgets), split = LimitsSplit(budgets);
  std::vector<absl::string_view> names;
  for (const Plant& plant : kPlants) {
    if ((plant.metric == gate::kPeak && !peak) || (gate::IsSplit(plant.metric) && !split)) continue;
    if (std::find(names.begin(), names.end(), plant.name) == names.end()) {
      names.push_back(plant.name);
    }
  }
  return absl::StrJoin(names, ",");
}

gate::SelfTest SelfTestOf(const FreshCounts& counts, const gate::Verdict& clean,
                          const gate::Budgets& budgets, const gate::JudgeOptions& options) {
  // A waiver would excuse the fault, and what is caught is what the budget says.
  gate::Budgets unwaived = budgets;
  unwaived.waivers.clear();
  Tester tester(unwaived, clean);
  for (const Plant& plant : kPlants) {
    const auto planted = counts.planted.find(std::string(plant.name));
    if (planted == counts.planted.end()) continue;
    tester.Try(plant, counts.suites, Judge(unwaived, planted->second, options));
  }
  return tester.Take();
}

}  // namespace tare::cli
