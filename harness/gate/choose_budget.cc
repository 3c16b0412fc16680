// SPDX-License-Identifier: Apache-2.0
// Patterns, conditions, and which row of several is the most specific.
#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gate/budget.h"
#include "result/row_names.h"

namespace tare::gate {
namespace {

// The value of "<key>=" in a benchmark's name, or nothing.
std::optional<std::string> PartOfName(absl::string_view name, absl::string_view key) {
  for (absl::string_view part : absl::StrSplit(name, '/')) {
    if (absl::ConsumePrefix(&part, absl::StrCat(key, "="))) return std::string(part);
  }
  return std::nullopt;
}

std::optional<std::string> ValueOf(const std::string& key, absl::string_view name,
                                   const result::Config& config) {
  if (auto part = PartOfName(name, key)) return part;
  const std::string* value = config.Find(key);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

// Larger is more specific.
std::tuple<bool, size_t, size_t> Specificity(const Budget& budget) {
  const auto stars = std::count(budget.benchmark.begin(), budget.benchmark.end(), '*');
  return {IsOneName(budget.benchmark), budget.when.size(),
          budget.benchmark.size() - static_cast<size_t>(stars)};
}

std::string Unmet(const std::string& key, const std::string& wanted, absl::string_view name,
                  const result::Config& config) {
  const std::optional<std::string> value = ValueOf(key, name, config);
  if (!value.has_value()) {
    return absl::StrCat("it holds for ", key, " '", wanted,
                        "', and these results do not say theirs");
  }
  if (Matches(wanted, *value)) return "";
  return absl::StrCat("it holds for ", key, " '", wanted, "', these results are of '", *value, "'");
}

std::string Describe(const Budget& budget) {
  std::string text = IsOneName(budget.benchmark)
                         ? "its name is the benchmark's"
                         : absl::StrCat("the pattern '", budget.benchmark, "' matches");
  for (const auto& [key, value] : budget.when) {
    absl::StrAppend(&text, ", ", key, " is '", value, "'");
  }
  return text;
}

// Where there is a budget for what the benchmark was called before names said how it is run: what
// to write there now.
std::string OfFormerName(const Budgets& budgets, absl::string_view name) {
  const std::string former = result::FormerRowName(std::string_view(name.data(), name.size()));
  if (former == name) return "";
  for (const Budget& budget : budgets.budgets) {
    if (!Matches(budget.benchmark, former)) continue;
    return absl::StrCat(": names say how a benchmark is run now, so the one in ",
                        budgets.Where(budget.line), " for ", budget.benchmark, " is to be for ",
                        PatternOf(name));
  }
  return "";
}

}  // namespace

bool Matches(absl::string_view pattern, absl::string_view text) {
  // Greedy with one point to return to: linear in practice, and no recursion.
  size_t p = 0, t = 0;
  size_t star = absl::string_view::npos, resume = 0;
  while (t < text.size()) {
    // The character that stands here for itself, and how long it is written.
    const size_t written = p + 1 < pattern.size() && pattern[p] == '\\' ? 2 : 1;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p + written - 1] == text[t]) {
      p += written;
      ++t;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string PatternOf(absl::string_view name) {
  std::string pattern;
  for (const char c : name) {
    if (c == '*' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

bool IsOneName(absl::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') return false;
    if (pattern[i] == '\\') ++i;
  }
  return true;
}

std::string Obstacle(const Budgets& budgets, const Budget& budget, absl::string_view name,
                     const result::Config& config) {
  for (const auto& [key, wanted] : budget.when) {
    if (std::string unmet = Unmet(key, wanted, name, config); !unmet.empty()) return unmet;
  }
  for (const auto& [key, wanted] : budgets.recorded) {
    const bool overridden = std::any_of(budget.when.begin(), budget.when.end(),
                                        [&key = key](const auto& own) { return own.first == key; });
    if (overridden) continue;
    if (std::string unmet = Unmet(key, wanted, name, config); !unmet.empty()) {
      return absl::StrCat(unmet, " (see [recorded])");
    }
  }
  return "";
}

Choice ChooseBudget(const Budgets& budgets, absl::string_view name, const result::Config& config) {
  Choice choice;
  std::vector<const Budget*> candidates;
  for (const Budget& budget : budgets.budgets) {
    if (!Matches(budget.benchmark, name)) continue;
    if (std::string obstacle = Obstacle(budgets, budget, name, config); obstacle.empty()) {
      candidates.push_back(&budget);
    } else {
      choice.others.emplace_back(&budget, std::move(obstacle));
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Budget* a, const Budget* b) {
    return Specificity(*a) > Specificity(*b);
  });
  if (candidates.empty()) {
    choice.why = choice.others.empty()
                     ? absl::StrCat("no budget in ", budgets.file, OfFormerName(budgets, name))
                     : absl::StrCat("the budget in ", budgets.Where(choice.others[0].first->line),
                                    " does not apply: ", choice.others[0].second);
    return choice;
  }
  if (candidates.size() > 1 && Specificity(*candidates[0]) == Specificity(*candidates[1])) {
    choice.why = absl::StrCat(
        "two budgets hold, and neither is more specific: ", budgets.Where(candidates[0]->line),
        " and ", budgets.Where(candidates[1]->line));
    for (const Budget* budget : candidates) choice.others.emplace_back(budget, "contradicts");
    return choice;
  }
  choice.budget = candidates[0];
  choice.why = Describe(*choice.budget);
  for (size_t i = 1; i < candidates.size(); ++i) {
    choice.others.emplace_back(candidates[i], "less specific: " + Describe(*candidates[i]));
  }
  return choice;
}

bool LimitsPeak(const Budgets& budgets) {
  return std::any_of(budgets.budgets.begin(), budgets.budgets.end(),
                     [](const Budget& budget) { return budget.limits[kPeak].has_value(); });
}

bool LimitsSplit(const Budgets& budgets) {
  return std::any_of(budgets.budgets.begin(), budgets.budgets.end(), [](const Budget& budget) {
    return std::any_of(budget.limits.begin() + kOwnAllocs, budget.limits.end(),
                       [](const auto& limit) { return limit.has_value(); });
  });
}

int64_t OperationsOf(const Budgets& budgets, absl::string_view name) {
  result::Config as_recorded;
  for (const auto& [key, value] : budgets.recorded) as_recorded.Set(key, value);
  const Budget* const budget = ChooseBudget(budgets, name, as_recorded).budget;
  if (budget == nullptr) return 0;
  for (size_t metric = 0; metric < kMetricCount; ++metric) {
    const std::optional<Rational>& limit = budget->limits[metric];
    if (!kMetrics[metric].exact) continue;
    if (budget->ranges[metric].has_value()) continue;  // it holds for any number
    if (limit.has_value() && !limit->IsInteger()) return limit->n;
  }
  return 0;
}

}  // namespace tare::gate
