// SPDX-License-Identifier: Apache-2.0
// Puts counts, rounds and remarks in the order that suite_results.h documents.
#include "cli/suite_results.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "result/words.h"

namespace tare::cli {
namespace {

using State = RowRecord::State;

std::string FirstLine(const SuiteRecord& suite, const Plan& plan, const Provenance& provenance) {
  std::vector<std::string> parts = {"tare 1", absl::StrCat("commit ", provenance.commit),
                                    provenance.date};
  if (!suite.counts.empty()) parts.push_back(absl::StrCat("counts ", suite.counts));
  parts.push_back(plan.CountsOnly()
                      ? "counts only"
                      : absl::StrCat(result::CountOf(static_cast<uint64_t>(plan.rounds), "round"),
                                     " of ", plan.min_time_seconds, " s"));
  if (plan.whole_rounds) parts.push_back("one process a round");
  std::vector<std::string> names;
  for (const RowRecord& row : suite.rows) names.push_back(row.listed.name);
  parts.push_back(plan.place.InWords(names));
  return absl::StrJoin(parts, " \u00B7 ");
}

}  // namespace

result::ResultFile SuiteResults(const SuiteRecord& suite, const Plan& plan,
                                const Provenance& provenance) {
  result::ResultFile file;
  file.head.push_back(FirstLine(suite, plan, provenance));
  if (suite.interrupted) {
    file.head.push_back(absl::StrCat("partial: interrupted, ", suite.rounds_done, " of ",
                                     plan.rounds, " rounds are whole"));
  }
  for (const std::string& unit : suite.not_applicable) {
    file.head.push_back(absl::StrCat("not applicable: ", unit));
  }
  if (!suite.load.empty()) file.head.push_back(absl::StrCat("machine: ", suite.load));
  if (!suite.in_turn.empty()) file.head.push_back(absl::StrCat(kInTurn, suite.in_turn));
  file.config = suite.config;
  file.units = suite.units;
  for (const RowRecord& row : suite.rows) {
    if (row.counts.has_value()) file.rows.push_back(*row.counts);
  }
  for (int round = 0; round < plan.rounds; ++round) {
    for (const size_t i : RoundOrder(suite.rows.size(), round)) {
      const std::vector<result::Row>& rounds = suite.rows[i].rounds;
      const size_t repetitions = suite.rows[i].repetitions;
      for (size_t k = static_cast<size_t>(round) * repetitions;
           k < std::min((static_cast<size_t>(round) + 1) * repetitions, rounds.size()); ++k) {
        file.rows.push_back(rounds[k]);
      }
    }
  }
  for (const RowRecord& row : suite.rows) {
    const auto note = [&](absl::string_view what, absl::string_view text) {
      file.notes.push_back(absl::StrCat(what, " ", row.listed.name, ": ", text));
    };
    if (row.state == State::kAbsent) note("absent", row.reason);
    if (row.state == State::kFailed) note("error", row.reason);
    if (!row.unstable.empty()) note("unstable", row.unstable);
    if (!row.counts_absent.empty()) note("note", "not counted: " + row.counts_absent);
    file.notes.insert(file.notes.end(), row.notes.begin(), row.notes.end());
  }
  return file;
}

}  // namespace tare::cli
