// SPDX-License-Identifier: Apache-2.0
// Reads the file of budgets, strictly: a key that is not understood would gate nothing in silence.
#include <toml++/toml.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "gate/budget.h"

namespace tare::gate {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& file) { budgets_.file = file; }

  absl::StatusOr<Budgets> Read(absl::string_view text) {
    try {
      ReadRoot(toml::parse(std::string_view(text.data(), text.size()), budgets_.file));
    } catch (const toml::parse_error& error) {  // Debian's library is built to throw
      Complain(error.source().begin.line, std::string(error.description()));
    }
    CheckTwins();
    if (!status_.ok()) return status_;
    return std::move(budgets_);
  }

 private:
  void Complain(int64_t line, const std::string& what) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(budgets_.Where(line), ": ", what));
  }
  void Complain(const toml::node& node, const std::string& what) { Complain(Line(node), what); }
  static int64_t Line(const toml::node& node) {
    return static_cast<int64_t>(node.source().begin.line);
  }

  // Complains of the first key of `table` that is none of `known`.
  void Allow(const toml::table& table, const std::vector<std::string>& known) {
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      Complain(node, absl::StrCat("unknown key '", std::string(key.str()), "'; there are ",
                                  absl::StrJoin(known, ", ")));
    }
  }

  void ReadRoot(const toml::table& root) {
    Allow(root, {"version", "recorded", "gate"});
    const toml::node* version = root.get("version");
    if (version == nullptr) return Complain(1, "version = 1 is missing");
    // A float would be cast, and one that no integer holds may give anything.
    if (!version->is_integer() || version->value<int64_t>() != 1) {
      return Complain(*version, "this tare reads version 1 only");
    }
    if (const toml::node* recorded = root.get("recorded")) {
      budgets_.recorded = ReadConditions(*recorded);
    }
    const toml::node* gate = root.get("gate");
    if (gate == nullptr) return Complain(1, "no [gate] with budgets = [...]: nothing is gated");
    if (!gate->is_table()) return Complain(*gate, "gate is a table");
    Allow(*gate->as_table(), {"budgets", "waivers"});
    if (const toml::node* list = gate->as_table()->get("budgets")) {
      budgets_.budgets_end = static_cast<int64_t>(list->source().end.line);
    }
    ForEachTable(gate->as_table()->get("budgets"), [&](const toml::table& t) { ReadBudget(t); });
    ForEachTable(gate->as_table()->get("waivers"), [&](const toml::table& t) { ReadWaiver(t); });
  }

  template <class Take>
  void ForEachTable(const toml::node* node, Take take) {
    if (node == nullptr) return;
    if (!node->is_array()) return Complain(*node, "an array of rows { ... } is expected");
    for (const toml::node& row : *node->as_array()) {
      if (!row.is_table()) return Complain(row, "a row { ... } is expected");
      take(*row.as_table());
    }
  }

  Conditions ReadConditions(const toml::node& node) {
    Conditions conditions;
    if (!node.is_table()) {
      Complain(node, "a table of keys and their values is expected");
      return conditions;
    }
    for (const auto& [key, value] : *node.as_table()) {
      if (!value.is_string()) Complain(value, "the value of a condition is a string");
      conditions.emplace_back(key.str(), value.value_or(std::string()));
    }
    return conditions;
  }

  // A string that must not be empty where it stands; empty where it does not.
  std::string Text(const toml::table& row, const char* key, bool required = false) {
    const toml::node* node = row.get(key);
    if (node == nullptr) {
      if (required) Complain(row, absl::StrCat("a row needs ", key, " = \"...\""));
      return "";
    }
    const auto text = node->value<std::string>();
    if (!node->is_string() || text->empty()) {
      Complain(*node, absl::StrCat(key, " must be a string, and not empty"));
      return "";
    }
    return *text;
  }

  static std::optional<Rational> Number(const toml::node& node) {
    if (node.is_integer() && node.value<int64_t>() >= 0) {
      return Rational{*node.value<int64_t>(), 1};
    }
    if (node.is_string()) return ParseRational(*node.value<std::string>());
    return std::nullopt;
  }

  Range ReadRange(const toml::table& table, const char* key) {
    Allow(table, {"least", "most", "why"});
    Range range;
    range.why = Text(table, "why", true);
    const auto take = [&](const char* end, Rational* value) {
      const toml::node* node = table.get(end);
      if (node == nullptr) return false;
      const std::optional<Rational> number = Number(*node);
      if (!number.has_value()) {
        Complain(*node, absl::StrCat(end, " of ", key,
                                     " must be an integer from 0 on, or a fraction in quotes"));
      }
      *value = number.value_or(Rational{});
      return true;
    };
    if (!take("most", &range.most)) {
      Complain(table, absl::StrCat("a range of ", key, " needs most = ..."));
    }
    take("least", &range.least);
    if (range.least.Compare(range.most) > 0) {
      Complain(table, absl::StrCat("the range of ", key, " is empty: least is above most"));
    }
    return range;
  }

  void ReadBudget(const toml::table& row) {
    std::vector<std::string> known = {"benchmark", "when", "unbudgeted"};
    for (const Metric& metric : kMetrics) known.emplace_back(metric.key);
    Allow(row, known);
    Budget budget;
    budget.line = Line(row);
    budget.benchmark = Text(row, "benchmark", true);
    budget.unbudgeted = Text(row, "unbudgeted");
    if (const toml::node* when = row.get("when")) budget.when = ReadConditions(*when);
    for (size_t i = 0; i < kMetricCount; ++i) {
      const toml::node* node = row.get(kMetrics[i].key);
      if (node == nullptr) continue;
      if (node->is_table()) {
        budget.ranges[i] = ReadRange(*node->as_table(), kMetrics[i].key);
        budget.limits[i] = budget.ranges[i]->most;
        continue;
      }
      budget.limits[i] = Number(*node);
      if (!budget.limits[i].has_value()) {
        Complain(*node, absl::StrCat(kMetrics[i].key,
                                     " must be an integer from 0 on, a fraction in quotes such as "
                                     "\"1/1000\", or a range { least = 3, most = 5, why = "
                                     "\"...\" }"));
      }
    }
    const bool exact = budget.limits[kAllocs].has_value() && budget.limits[kBytes].has_value();
    if (budget.unbudgeted.empty() && !exact) {
      Complain(row, "a budget needs allocs and bytes, or unbudgeted = \"reason\"");
    }
    if (!budget.unbudgeted.empty() &&
        (budget.limits[kAllocs].has_value() || budget.limits[kBytes].has_value())) {
      Complain(row, "a row is either budgeted (allocs, bytes) or unbudgeted, not both");
    }
    budgets_.budgets.push_back(std::move(budget));
  }

  void ReadWaiver(const toml::table& row) {
    Allow(row, {"benchmark", "metric", "reason", "owner", "link", "expires"});
    Waiver waiver;
    waiver.line = Line(row);
    waiver.benchmark = Text(row, "benchmark", true);
    waiver.metric = Text(row, "metric", true);
    waiver.reason = Text(row, "reason", true);
    waiver.owner = Text(row, "owner", true);
    waiver.link = Text(row, "link", true);
    if (waiver.metric != kTimeMetric &&
        std::none_of(std::begin(kMetrics), std::end(kMetrics),
                     [&](const Metric& m) { return m.key == waiver.metric; })) {
      Complain(row, absl::StrCat("unknown metric '", waiver.metric, "'"));
    }
    const toml::node* expires = row.get("expires");
    const auto date = expires != nullptr ? expires->value<toml::date>() : std::nullopt;
    if (!date.has_value()) return Complain(row, "a waiver needs expires = YYYY-MM-DD");
    waiver.expires = absl::StrFormat("%04d-%02d-%02d", date->year, date->month, date->day);
    budgets_.waivers.push_back(std::move(waiver));
  }

  void CheckTwins() {
    for (size_t i = 0; i < budgets_.budgets.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const Budget& a = budgets_.budgets[i];
        const Budget& b = budgets_.budgets[j];
        if (a.benchmark != b.benchmark || a.when != b.when) continue;
        Complain(a.line, absl::StrCat("a second budget for ", a.benchmark,
                                      " under the same conditions; the first is in line ", b.line));
      }
    }
  }

  Budgets budgets_;
  absl::Status status_;
};

}  // namespace

std::string Budgets::Where(int64_t line) const {
  return absl::StrCat(file, ":", line);
}

absl::StatusOr<Budgets> ParseBudgets(absl::string_view text, const std::string& file) {
  return Reader(file).Read(text);
}

bool IsCeilingOfNone(size_t metric, const Rational& limit, const Rational& measured) {
  return metric == kSyscalls && measured.total == 0 && limit.Compare({1, 1}) == 0;
}

}  // namespace tare::gate
