// SPDX-License-Identifier: Apache-2.0
// Gathers the lines of a name, and reads the comments that say what became of rows without one.
#include "gate/evidence.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "result/check.h"
#include "result/read_gbench_json.h"

namespace tare::gate {
namespace {

using State = Measured::State;

std::optional<Rational> Cost(const Metric& metric, double value, int64_t iterations) {
  const int64_t n = metric.per_op ? iterations : 1;
  // What a run has left behind may be less than nothing: it gave back what was there before.
  const auto total = result::IntegerTotal(metric.per_op ? value : std::max(value, 0.0), n);
  return total.has_value() ? std::optional(Rational{*total, n}) : std::nullopt;
}

class Gatherer {
 public:
  explicit Gatherer(Evidence* evidence) : evidence_(*evidence) {}

  void Take(const result::Row& row, int64_t line) {
    Measured& measured = Of(row.name);
    if (measured.line == 0) measured.line = line;
    for (size_t i = 0; i < kMetricCount; ++i) {
      const double* value = row.Find(kMetrics[i].unit);
      if (value == nullptr) continue;
      // An exact unit has one value (result/check.h); of a ceiling the worst counts.
      if (measured.values[i].has_value() && (kMetrics[i].exact || *value <= *measured.values[i])) {
        continue;
      }
      measured.values[i] = *value;
      measured.costs[i] = Cost(kMetrics[i], *value, row.iterations);
      measured.iterations = row.iterations;
    }
  }

  void TakeComment(absl::string_view comment) {
    constexpr std::pair<absl::string_view, State> kStates[] = {
        {"absent ", State::kAbsent}, {"error ", State::kFailed}, {"unstable ", State::kUnstable}};
    if (absl::ConsumePrefix(&comment, "not applicable: ")) {
      const size_t colon = comment.find(": ");
      if (colon == absl::string_view::npos) return;
      evidence_.not_applicable.emplace_back(comment.substr(0, colon), comment.substr(colon + 2));
      return;
    }
    for (const auto& [what, state] : kStates) {
      if (!absl::ConsumePrefix(&comment, what)) continue;
      const size_t colon = comment.find(": ");  // a name is one word
      if (colon == absl::string_view::npos) return;
      Measured& measured = Of(comment.substr(0, colon));
      if (measured.state >= state && measured.state != State::kCounted) return;  // graver already
      measured.state = state;
      measured.reason = std::string(comment.substr(colon + 2));
      if (state == State::kUnstable) TakeBetween(measured.reason, &measured);
      return;
    }
  }

 private:
  // "<unit> <total>/<iterations> then <total>/<iterations>, <unit> <value> then <value>, ...".
  static void TakeBetween(absl::string_view text, Measured* measured) {
    for (const absl::string_view part : absl::StrSplit(text, ", ")) {
      const std::vector<absl::string_view> words = absl::StrSplit(part, ' ');
      if (words.size() != 4 || words[2] != "then") continue;
      for (size_t i = 0; i < kMetricCount; ++i) {
        if (kMetrics[i].unit != words[0]) continue;
        // A run that gave back what was there before has left nothing.
        const auto parse = [&](absl::string_view word) {
          const bool gave_back = !kMetrics[i].per_op && absl::StartsWith(word, "-");
          return gave_back ? Rational{} : ParseRational(word);
        };
        const std::optional<Rational> first = parse(words[1]), second = parse(words[3]);
        if (!first.has_value() || !second.has_value()) continue;
        measured->between[i] =
            first->Compare(*second) <= 0 ? std::pair(*first, *second) : std::pair(*second, *first);
      }
    }
  }

  Measured& Of(absl::string_view name) {
    const auto [entry, is_new] = index_.try_emplace(std::string(name), evidence_.rows.size());
    if (is_new) evidence_.rows.emplace_back().name = std::string(name);
    return evidence_.rows[entry->second];
  }

  Evidence& evidence_;
  absl::flat_hash_map<std::string, size_t> index_;
};

}  // namespace

const Measured* Evidence::Find(absl::string_view name) const {
  for (const Measured& row : rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::string Evidence::Where(const Measured& row) const {
  return fresh || row.line == 0 ? source : absl::StrCat(source, ":", row.line);
}

Evidence EvidenceOf(const result::ReadOutcome& outcome, const std::string& source) {
  Evidence evidence;
  evidence.source = source;
  evidence.config = outcome.file.config;
  Gatherer gatherer(&evidence);
  for (size_t i = 0; i < outcome.file.rows.size(); ++i) {
    gatherer.Take(outcome.file.rows[i], i < outcome.row_lines.size() ? outcome.row_lines[i] : 0);
  }
  for (const std::vector<std::string>* comments : {&outcome.file.head, &outcome.file.notes}) {
    for (const std::string& comment : *comments) {
      gatherer.TakeComment(comment);
      if (absl::StartsWith(comment, "partial: ")) {
        evidence.faults.push_back(absl::StrCat(source, ":1: these results are ", comment));
      }
    }
  }
  for (const Measured& row : evidence.rows) {
    if (row.state != State::kAbsent || row.line == 0) continue;
    evidence.faults.push_back(
        absl::StrCat(source, ":", row.line, ": ", row.name,
                     " has a result, and is said to be absent: ", row.reason));
  }
  return evidence;
}

Evidence ReadEvidence(absl::string_view text, const std::string& file) {
  const std::string_view view(text.data(), text.size());
  const result::ReadOutcome outcome = result::ReadResults(view, file);
  Evidence evidence = EvidenceOf(outcome, file);
  evidence.remarks = outcome.remarks;
  const std::vector<std::string> faults = result::FindFaults(view, file, outcome);
  evidence.faults.insert(evidence.faults.end(), faults.begin(), faults.end());
  return evidence;
}

}  // namespace tare::gate
