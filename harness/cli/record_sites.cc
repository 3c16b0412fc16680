// SPDX-License-Identifier: Apache-2.0
// Keeps the record of sites true to the budgets: runs what allocates, where the record is behind.
#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/blame.h"
#include "cli/read_file.h"
#include "cli/site_runs.h"
#include "explain/site_record.h"

namespace tare::cli {
namespace {

// Whether these sites add up to `cost`.
bool AddUpTo(const explain::SiteCounts& sites, const gate::Rational& cost) {
  gate::Rational sum;
  for (const auto& [key, allocs] : sites) {
    sum.total += allocs.allocs;
    sum.n = allocs.operations;  // of one run: the same in all
  }
  return sum.Compare(cost) == 0;
}

}  // namespace

absl::StatusOr<std::string> RecordSites(const SuitesToCount& suites,
                                        const std::vector<gate::Evidence>& evidence,
                                        const gate::Budgets& budgets, const std::string& sites_file,
                                        const SuiteOptions& options, const Interrupt& interrupt) {
  explain::SiteRecord record;
  if (const auto text = ReadTextFile(sites_file); text.ok()) {
    auto read = explain::ReadSiteRecord(*text, sites_file);
    if (!read.ok()) return read.status();
    record = *std::move(read);
  } else if (!absl::IsNotFound(text.status())) {
    return text.status();
  }
  for (const CountedSuite& suite : suites.suites) {
    for (const ListedRow& listed : suite.rows) {
      for (const gate::Evidence& e : evidence) {
        const gate::Measured* const row = e.Find(listed.name);
        if (row == nullptr || !row->costs[gate::kAllocs].has_value()) continue;
        const gate::Rational& cost = *row->costs[gate::kAllocs];
        const gate::Budget* const budget = ChooseBudget(budgets, listed.name, e.config).budget;
        // One that was refused keeps the sites that its budget has.
        if (budget == nullptr || !budget->limits[gate::kAllocs].has_value() ||
            budget->limits[gate::kAllocs]->Compare(cost) != 0) {
          continue;
        }
        if (AddUpTo(record[listed.name], cost)) continue;
        const auto runs = RunForSites(suite.program, listed, cost.n, options.Timeout(), &interrupt);
        if (interrupt.signal() != 0) return std::string();
        if (absl::IsUnavailable(runs.status())) {
          Complain(absl::UnavailableError(
              absl::StrCat("no sites are recorded: ", std::string(runs.status().message()))));
          return std::string();
        }
        if (!runs.ok()) return runs.status();
        record[listed.name] = CountsOf(runs->front());
      }
    }
  }
  std::erase_if(record, [&](const auto& entry) {
    const bool is_budgeted =
        std::any_of(budgets.budgets.begin(), budgets.budgets.end(),
                    [&](const gate::Budget& b) { return gate::Matches(b.benchmark, entry.first); });
    return entry.second.empty() || !is_budgeted;
  });
  return record.empty() ? std::string() : FormatSiteRecord(record);
}

}  // namespace tare::cli
