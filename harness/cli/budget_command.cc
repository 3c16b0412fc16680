// SPDX-License-Identifier: Apache-2.0
// tare budget: which budget holds for a benchmark and why; budgets written from what was counted.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/blame.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/fresh_counts.h"
#include "cli/interrupt.h"
#include "cli/read_file.h"
#include "cli/results_dir.h"
#include "cli/suite_options.h"
#include "gate/budget.h"
#include "gate/update_budgets.h"
#include "result/words.h"

namespace tare::cli {
namespace {

struct BudgetOptions {
  SuiteOptions suites;
  std::string budgets = kDefaultBudgets;
  std::string benchmark;
  std::vector<std::string> when;  // of explain: "<key>=<value>"
  std::vector<std::string> results;
  gate::UpdateOptions update;
  bool peak = false;  // of update: peak_bytes is budgeted, here or already
};

void Print(const gate::Budgets& budgets, const gate::Budget& budget) {
  if (!budget.unbudgeted.empty()) std::printf("  not gated: %s\n", budget.unbudgeted.c_str());
  for (size_t i = 0; i < gate::kMetricCount; ++i) {
    const gate::Metric& metric = gate::kMetrics[i];
    if (!budget.limits[i].has_value()) continue;
    if (const auto& range = budget.ranges[i]; range.has_value()) {
      std::printf("  %-10s from %s to %s: %s; a range: %s\n", metric.key,
                  ToText(range->least).c_str(), ToText(range->most).c_str(), metric.meaning,
                  range->why.c_str());
      continue;
    }
    std::printf("  %-10s %s %s: %s\n", metric.key, metric.exact ? "exactly" : "at most",
                ToText(*budget.limits[i]).c_str(), metric.meaning);
  }
  for (const gate::Waiver& waiver : budgets.waivers) {
    if (!gate::Matches(waiver.benchmark, budget.benchmark)) continue;
    std::printf("  waiver of %s until %s by %s: %s (%s) [%s]\n", waiver.metric.c_str(),
                waiver.expires.c_str(), waiver.owner.c_str(), waiver.reason.c_str(),
                waiver.link.c_str(), budgets.Where(waiver.line).c_str());
  }
}

int Explain(const BudgetOptions& options) {
  const auto text = ReadTextFile(options.budgets);
  const absl::StatusOr<gate::Budgets> budgets = text.ok()
                                                    ? gate::ParseBudgets(*text, options.budgets)
                                                    : absl::StatusOr<gate::Budgets>(text.status());
  if (!budgets.ok()) {
    Complain(budgets.status());
    return kUsage;
  }
  // Results as they were where the budgets were recorded, but for what --when says.
  result::Config config;
  for (const auto& [key, value] : budgets->recorded) config.Set(key, value);
  for (const std::string& condition : options.when) {
    const std::vector<std::string> parts = absl::StrSplit(condition, absl::MaxSplits('=', 1));
    if (parts.size() != 2 || parts[0].empty()) {
      Complain(absl::InvalidArgumentError(absl::StrCat("--when ", condition,
                                                       ": a key and its value are expected, such "
                                                       "as allocator=glibc-2.36")));
      return kUsage;
    }
    config.Set(parts[0], parts[1]);
  }
  const gate::Choice choice = ChooseBudget(*budgets, options.benchmark, config);
  if (choice.budget != nullptr) {
    std::printf("%s\n%s: %s\n", options.benchmark.c_str(),
                budgets->Where(choice.budget->line).c_str(), choice.why.c_str());
    Print(*budgets, *choice.budget);
  } else {
    std::printf("%s\nno budget holds: %s\n", options.benchmark.c_str(), choice.why.c_str());
  }
  for (const auto& [other, why] : choice.others) {
    std::printf("not %s: %s\n", budgets->Where(other->line).c_str(), why.c_str());
  }
  return choice.budget != nullptr ? kOk : kCannotJudge;
}

// What is to be recorded, and where it came from.
struct Gathered {
  SuitesToCount suites;  // none: it was read from files
  std::vector<gate::Evidence> evidence;
};

// Counts or reads. An exit status other than kOk: there is nothing.
int Gather(const BudgetOptions& options, const Interrupt& interrupt, Gathered* gathered) {
  const auto refuse = [](const absl::Status& status) {
    Complain(status);
    return static_cast<int>(kUsage);
  };
  if (!options.results.empty()) {
    const auto files = ResultFiles(options.results);
    if (!files.ok()) return refuse(files.status());
    for (const std::string& file : *files) {
      const auto text = ReadWholeFile(file);
      if (!text.ok()) return refuse(text.status());
      gathered->evidence.push_back(gate::ReadEvidence(*text, file));
      for (const std::string& remark : gathered->evidence.back().remarks) {
        Complain(absl::DataLossError(remark));
      }
    }
    return kOk;
  }
  auto found = FindSuitesToCount(
      options.suites, [](const ListedRow&) { return true; }, interrupt);
  if (interrupt.signal() != 0) return kSignalBase + interrupt.signal();
  if (!found.ok()) return refuse(found.status());
  for (const std::string& fault : found->faults) Complain(absl::InternalError(fault));
  if (!found->faults.empty()) return kFault;
  gathered->suites = *std::move(found);
  HowToCount how;
  how.peak = options.peak;
  gathered->evidence = Count(gathered->suites.suites, options.suites, how, interrupt).suites;
  return interrupt.signal() != 0 ? kSignalBase + interrupt.signal() : static_cast<int>(kOk);
}

// Writes `text` unless the file has it already. False: it could not, and that has been said.
bool Write(const std::string& file, const std::string& text) {
  const auto old = ReadWholeFile(file);
  if (old.ok() && *old == text) return true;
  const absl::Status status = WriteFileAtomically(file, text);
  if (!status.ok()) Complain(status);
  return status.ok();
}

int WriteUpdate(const BudgetOptions& options) {
  if (options.update.prune && !options.suites.suites.empty()) {
    Complain(absl::InvalidArgumentError(
        "--prune takes out what was not counted: it needs all suites, not some"));
    return kUsage;
  }
  auto text = ReadTextFile(options.budgets);
  if (!text.ok() && !absl::IsNotFound(text.status())) {
    Complain(text.status());
    return kUsage;
  }
  BudgetOptions how = options;
  if (text.ok() && !how.peak) {
    const auto budgets = gate::ParseBudgets(*text, options.budgets);
    how.peak = budgets.ok() && LimitsPeak(*budgets);
  }
  const Interrupt interrupt;
  Gathered gathered;
  if (const int status = Gather(how, interrupt, &gathered); status != kOk) return status;
  const auto update = gate::UpdateBudgets(text.ok() ? *text : "", options.budgets,
                                          gathered.evidence, options.update);
  if (!update.ok()) {
    Complain(update.status());
    return absl::IsInternal(update.status()) ? kFault : kUsage;
  }
  for (const std::string& change : update->changes) std::printf("%s\n", change.c_str());
  for (const std::string& refused : update->refused) {
    Complain(absl::FailedPreconditionError(absl::StrCat("not written: ", refused)));
  }
  if (!update->changes.empty() && !Write(options.budgets, update->text)) return kFault;
  const std::string sites_file = SiteRecordBeside(options.budgets);
  const auto sites = RecordSites(gathered.suites, gathered.evidence,
                                 *gate::ParseBudgets(update->text, options.budgets), sites_file,
                                 options.suites, interrupt);
  if (interrupt.signal() != 0) return kSignalBase + interrupt.signal();
  if (!sites.ok()) {
    Complain(sites.status());
    return kFault;
  }
  if (!sites->empty() && !Write(sites_file, *sites)) return kFault;
  std::printf("%s: %s changed, %zu refused\n", options.budgets.c_str(),
              result::CountOf(update->changes.size(), "row").c_str(), update->refused.size());
  return update->refused.empty() ? kOk : kRegression;
}

}  // namespace

void AddBudgetCommand(CommandLine& line) {
  auto options = std::make_shared<BudgetOptions>();
  Subcommand command =
      line.AddCommand("budget", "Budgets: explain one, or write what was counted", kBudgetExitHelp);
  command.RequireCommand();
  const auto add_budgets = [&](Subcommand sub) {
    sub.AddOption("--budgets", options->budgets, "The file of budgets").Named("FILE").ShowDefault();
  };

  Subcommand explain = command.AddCommand(
      "explain", "Which budget holds for a benchmark: file, line and why; which others do not",
      kBudgetExplainExitHelp);
  explain.AddOption("benchmark", options->benchmark, "Its name, as results have it")
      .Required()
      .Named("NAME");
  add_budgets(explain);
  explain
      .AddOption("--when", options->when,
                 "What results say of themselves, where it is not what was recorded")
      .OneEachTime()
      .Named("KEY=VALUE");
  explain.Does([options] { return Explain(*options); });

  Subcommand update = command.AddCommand(
      "update", "Lower budgets to what was counted, and add those that are missing",
      kBudgetUpdateExitHelp);
  AddSuiteOptions(update, options->suites);
  update
      .AddOption("results", options->results,
                 "Files or directories of results to take (default: count the suites now)")
      .Named("RESULTS");
  add_budgets(update);
  update.AddFlag("--peak", options->peak,
                 "Count and budget the most bytes that are alive at once as well (peak_bytes)");
  update.AddFlag("--allow-increase", options->update.allow_increase, "Let budgets rise as well");
  update.AddFlag("--prune", options->update.prune,
                 "Take out budgets for benchmarks that the results do not have");
  update.Does([options] { return WriteUpdate(*options); });
}

}  // namespace tare::cli
