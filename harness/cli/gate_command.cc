// SPDX-License-Identifier: Apache-2.0
// tare gate: counts afresh or reads results, holds them against the budgets, and says what it
// found.
#include <re2/re2.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/blame.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/fresh_counts.h"
#include "cli/interrupt.h"
#include "cli/min_time.h"
#include "cli/paired_times.h"
#include "cli/read_file.h"
#include "cli/results_dir.h"
#include "cli/self_test.h"
#include "cli/suite_options.h"
#include "gate/judge.h"
#include "gate/judge_times.h"
#include "gate/waivers.h"

namespace tare::cli {
namespace {

struct GateOptions {
  SuiteOptions suites;
  std::vector<std::string> results;
  std::string budgets = kDefaultBudgets;
  std::string filter;
  bool quick = false;
  bool self_test = false;
  bool allow_absent = false;
  std::string today;       // empty: the system's date, UTC
  HowToTime times;         // without a base, which is never empty if given: times are not judged
  PlacementOptions place;  // where they are timed
  double min_effect_percent = 5;
  std::string markdown, json, junit;
};

class Gate {
 public:
  explicit Gate(const GateOptions& options)
      : options_(options), filter_(options.filter, RE2::Quiet) {}

  int Main() {
    if (!filter_.ok()) {
      return Refuse(absl::InvalidArgumentError(absl::StrCat(
          "--filter '", options_.filter, "' is no regular expression: ", filter_.error())));
    }
    if (const absl::Status status = ForgetOldVerdicts(); !status.ok()) return Refuse(status);
    const auto text = ReadTextFile(options_.budgets);
    if (absl::IsNotFound(text.status())) {
      Complain(absl::NotFoundError(
          absl::StrCat("no budgets in ", options_.budgets,
                       "; `tare budget update` writes them, --budgets names another file")));
      return kCannotJudge;
    }
    if (!text.ok()) return Refuse(text.status());
    const auto budgets = gate::ParseBudgets(*text, options_.budgets);
    if (!budgets.ok()) return Refuse(budgets.status());
    judge_.today = options_.today.empty()
                       ? absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone())
                       : options_.today;
    judge_.allow_absent = options_.allow_absent;
    const int status = options_.results.empty() ? JudgeFresh(*budgets) : JudgeFiles(*budgets);
    return status != kOk ? status : Finish();
  }

 private:
  static int Refuse(const absl::Status& status) {
    Complain(status);
    return kUsage;
  }

  // Whatever happens now, nobody shall take an old verdict for this one's.
  absl::Status ForgetOldVerdicts() const {
    std::vector<std::string> files;
    for (const std::string* file : {&options_.markdown, &options_.json, &options_.junit}) {
      if (file->empty()) continue;
      if (std::find(files.begin(), files.end(), *file) != files.end()) {
        return absl::InvalidArgumentError(
            absl::StrCat("two forms of the verdict are to be written to ", *file));
      }
      files.push_back(*file);
      std::error_code error;
      if (std::filesystem::is_regular_file(*file, error)) std::filesystem::remove(*file, error);
    }
    return absl::OkStatus();
  }

  bool IsSelected(const ListedRow& row) const {
    return (!options_.quick || row.quick) && RE2::PartialMatch(row.name, filter_);
  }

  void AddFault(gate::Outcome outcome, std::string message) {
    gate::Finding& finding = verdict_.findings.emplace_back();
    finding.outcome = outcome;
    finding.message = std::move(message);
  }

  // kOk: there is a verdict.
  int JudgeFiles(const gate::Budgets& budgets) {
    const auto files = ResultFiles(options_.results);
    if (!files.ok()) return Refuse(files.status());
    std::vector<gate::Evidence> evidence;
    for (const std::string& file : *files) {
      const auto text = ReadWholeFile(file);
      if (!text.ok()) return Refuse(text.status());
      evidence.push_back(gate::ReadEvidence(*text, file));
      for (const std::string& remark : evidence.back().remarks) {
        Complain(absl::DataLossError(remark));
      }
    }
    verdict_ = Judge(budgets, evidence, judge_);
    return kOk;
  }

  int JudgeFresh(const gate::Budgets& budgets) {
    const auto found = FindSuitesToCount(
        options_.suites, [&](const ListedRow& row) { return IsSelected(row); }, interrupt_);
    if (interrupt_.signal() != 0) return kSignalBase + interrupt_.signal();
    if (!found.ok()) return Refuse(found.status());
    const auto place = options_.place.Get();
    if (!place.ok()) return Refuse(place.status());
    place_ = *place;
    if (!options_.times.base.empty() && !found->suites.empty()) {
      // Before anything is counted, for a name that is misspelt.
      const auto bases = FindBases(found->suites, options_.times.base);
      if (!bases.ok()) return Refuse(bases.status());
      if (const absl::Status status = PrepareToKeep(options_.times); !status.ok()) {
        return Refuse(status);
      }
    }
    judge_.incomplete = !found->faults.empty();
    judge_.elsewhere = found->elsewhere;
    HowToCount how;
    how.peak = LimitsPeak(budgets);
    if (options_.self_test) how.plants = SelfTestPlants(budgets);
    for (const CountedSuite& suite : found->suites) {
      for (const ListedRow& row : suite.rows) {
        if (const int64_t n = OperationsOf(budgets, row.name); n != 0) how.iterations[row.name] = n;
      }
    }
    const FreshCounts counts = Count(found->suites, options_.suites, how, interrupt_);
    if (interrupt_.signal() != 0) return kSignalBase + interrupt_.signal();
    verdict_ = Judge(budgets, counts.suites, judge_);
    for (const std::string& fault : found->faults) AddFault(gate::Outcome::kFault, fault);
    if (options_.self_test) verdict_.TakeSelfTest(SelfTestOf(counts, verdict_, budgets, judge_));
    AddSites(*found, counts, how, options_.suites, interrupt_, &verdict_);
    if (interrupt_.signal() != 0) return kSignalBase + interrupt_.signal();
    return options_.times.base.empty() || found->suites.empty() ? static_cast<int>(kOk)
                                                                : JudgeFreshTimes(*found, budgets);
  }

  int JudgeFreshTimes(const SuitesToCount& suites, const gate::Budgets& budgets) {
    HowToTime how = options_.times;
    how.place = place_;
    how.rules.min_effect = options_.min_effect_percent / 100;
    how.budget_seconds = options_.quick ? kQuickBudgetSeconds : kBudgetSeconds;
    how.may_be_absent = options_.allow_absent;
    how.selects = [&](const ListedRow& row) { return IsSelected(row); };
    auto times = TakePairedTimes(suites, options_.suites, how, interrupt_);
    if (interrupt_.signal() != 0) return kSignalBase + interrupt_.signal();
    if (!times.ok()) return Refuse(times.status());
    for (gate::Finding& finding : times->findings) verdict_.findings.push_back(std::move(finding));
    JudgeTimes(times->benchmarks, how.base, how.rules, &verdict_);
    ApplyWaivers(budgets, judge_.today, gate::WaiversOf::kTimes, judge_.elsewhere, &verdict_);
    return kOk;
  }

  // Files first: text that cannot be printed loses nothing.
  int Finish() {
    bool written = true;
    const std::pair<const std::string*, std::string> files[] = {
        {&options_.markdown, RenderMarkdown(verdict_)},
        {&options_.json, RenderJson(verdict_)},
        {&options_.junit, RenderJunit(verdict_)}};
    for (const auto& [path, text] : files) {
      if (path->empty()) continue;
      const absl::Status status = WriteFileAtomically(*path, text);
      if (status.ok()) continue;
      Complain(status);
      written = false;
    }
    std::fputs(RenderText(verdict_).c_str(), stdout);
    return written ? verdict_.ExitStatus() : static_cast<int>(kFault);
  }

  const GateOptions& options_;
  const RE2 filter_;
  const Interrupt interrupt_;
  gate::JudgeOptions judge_;
  Placement place_;
  gate::Verdict verdict_;
};

}  // namespace

void AddGateCommand(CommandLine& line) {
  auto options = std::make_shared<GateOptions>();
  Subcommand command = line.AddCommand(
      "gate", "Hold counts against their budgets; fails on what costs more, or less, or is unknown",
      kGateExitHelp);
  AddSuiteOptions(command, options->suites);
  Option results =
      command
          .AddOption("results", options->results,
                     "Files or directories of results to judge (default: count the suites now)")
          .Named("RESULTS");
  command.AddOption("--budgets", options->budgets, "The file of budgets")
      .Named("FILE")
      .ShowDefault();
  command
      .AddOption("--filter", options->filter,
                 "Only benchmarks whose name holds a match of this regular expression (RE2)")
      .Excludes(results)
      .Named("RE");
  command.AddFlag("--quick", options->quick, "Only benchmarks marked quick").Excludes(results);
  command
      .AddFlag("--self-test", options->self_test,
               "Then plant faults in every benchmark, and demand that each is caught")
      .Excludes(results);
  command.AddFlag("--allow-absent", options->allow_absent,
                  "Let benchmarks with a budget be absent on this machine");
  command.AddOption("--markdown", options->markdown, "Write a summary for a pull request")
      .Must(IsNotEmpty())
      .Named("FILE");
  command.AddOption("--json", options->json, "Write the whole verdict for programs")
      .Must(IsNotEmpty())
      .Named("FILE");
  command.AddOption("--junit", options->junit, "Write the verdict as JUnit's XML")
      .Must(IsNotEmpty())
      .Named("FILE");
  command.AddOption("--today", options->today, "The date that waivers expire by (default: today)")
      .Must(IsDate())
      .Named("YYYY-MM-DD");
  Option times =
      command
          .AddOption("--times", options->times.base,
                     "Judge times too, against the base build: a directory with its bench "
                     "programs, or its program. Both builds are run in turn")
          .Excludes(results)
          .Must(IsNotEmpty())
          .Named("BASE");
  command
      .AddOption("--min-effect", options->min_effect_percent,
                 "The slowdown, in percent, that a regression of time must lie beyond with its "
                 "whole interval (default: 5)")
      .Needs(times)
      .Must(Between("0", "1000"))
      .Named("PERCENT");
  command
      .AddOption("--rounds", options->times.rounds,
                 "Rounds of times (default: as many as can show a regression, at least 9)")
      .Needs(times)
      .Within(1, 1000)
      .Named("N");
  command
      .AddOption("--min-time", options->times.min_time_seconds,
                 "Seconds that each process times its row for at least, from 0.01 by default "
                 "(so that all takes about a quarter of an hour, or a minute if --quick)")
      .Needs(times)
      .Must(Between("0.0001", "3600"))
      .Named("SECONDS");
  command
      .AddOption("--keep", options->times.keep,
                 "Keep the times of both builds in this directory, as files of results")
      .Needs(times)
      .Must(IsNotEmpty())
      .Named("DIR");
  AddPlacementOptions(command, options->place, &times);
  command.Does([options] { return Gate(*options).Main(); });
}

}  // namespace tare::cli
