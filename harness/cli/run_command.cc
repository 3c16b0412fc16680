// SPDX-License-Identifier: Apache-2.0
// tare run: measures suites in interleaved rounds of fresh processes, writes files, prints tables.
#include <re2/re2.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/bench_program.h"
#include "cli/commands.h"
#include "cli/cpus.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/measurement.h"
#include "cli/min_time.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/results_dir.h"
#include "cli/suite_options.h"
#include "cli/suite_results.h"
#include "cli/suite_table.h"
#include "cli/terminal.h"
#include "result/words.h"
#include "result/write_text.h"

namespace tare::cli {
namespace {

struct RunOptions {
  SuiteOptions suites;
  std::string filter;
  bool quick = false;
  int rounds = 9;
  bool counts_only = false;
  bool peak = false;
  double min_time_seconds = 0;  // 0: from the time that the whole run may take
  std::string results_dir;      // empty: a fresh one
  bool force = false;           // overwrite results
};

struct Selection {
  BenchProgram program;
  std::vector<ListedRow> rows;  // not empty
};

// Build trees are not tracked, so a fresh directory beside bin/, or beside a program of the user's
// own, leaves a repository clean.
std::string FreshResultsDirectory(const SuiteOptions& options, const BenchProgram& first,
                                  absl::Time now) {
  const std::string name = absl::FormatTime("run-%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone());
  const std::filesystem::path above = options.OnlyExes()
                                          ? std::filesystem::path(first.path).parent_path()
                                          : std::filesystem::path(options.bin_dir) / "..";
  return (above / "results" / name).lexically_normal().string();
}

// Of the tree that the program lies in; "unknown" outside a repository or without git.
std::string CommitOf(const BenchProgram& program, const Interrupt* interrupt) {
  const std::string directory = std::filesystem::path(program.path).parent_path().string();
  Command command;
  command.argv = {"git", "-C", directory, "describe", "--always", "--dirty", "--exclude=*"};
  const ProcessEnd end = RunProcess(command, interrupt);
  const std::string commit(absl::StripAsciiWhitespace(end.out));
  return end.Succeeded() && !commit.empty() ? commit : "unknown";
}

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options), filter_(options.filter, RE2::Quiet) {}

  int Main() {
    if (!Prepare()) return ExitStatus();
    const Plan plan = MakePlan();
    Progress progress(Present() * (1 + plan.rounds), MayRewriteLines(STDERR_FILENO));
    progress.Say(Announcement(plan));
    for (const Selection& selection : selections_) {
      provenance_.commit = CommitOf(selection.program, &interrupt_);
      const SuiteRecord suite =
          Measure(selection.program, selection.rows, plan, &interrupt_, &progress);
      Finish(suite, plan, &progress);
      if (interrupt_.signal() != 0) break;
    }
    return ExitStatus();
  }

 private:
  // Everything that can go wrong before measuring. False: nothing to measure.
  bool Prepare() {
    if (!filter_.ok()) {
      return Refuse(absl::InvalidArgumentError(absl::StrCat(
          "--filter '", options_.filter, "' is no regular expression: ", filter_.error())));
    }
    const auto programs = options_.suites.Programs();
    if (!programs.ok()) return Refuse(programs.status());
    for (const BenchProgram& program : *programs) {
      auto rows = ListRows(program, options_.suites.Timeout(), &interrupt_);
      if (interrupt_.signal() != 0) return false;
      if (!rows.ok()) {
        Complain(rows.status());
        fault_ = true;
        continue;
      }
      std::erase_if(*rows, [&](const ListedRow& row) { return !IsSelected(row); });
      if (!rows->empty()) selections_.push_back({program, *std::move(rows)});
    }
    if (selections_.empty()) {
      if (fault_ && options_.filter.empty() && !options_.quick) return false;
      return Refuse(absl::NotFoundError(absl::StrCat(
          "no row matches", options_.filter.empty() ? "" : " --filter '", options_.filter,
          options_.filter.empty() ? "" : "'", options_.quick ? " --quick" : "",
          "; `tare list` shows the rows, and which are quick")));
    }
    const absl::Time now = absl::Now();
    provenance_.date = absl::FormatTime("%Y-%m-%dT%H:%MZ", now, absl::UTCTimeZone());
    results_dir_ = options_.results_dir.empty()
                       ? FreshResultsDirectory(options_.suites, selections_[0].program, now)
                       : options_.results_dir;
    if (const absl::Status kept = KeepOldResults(); !kept.ok()) return Refuse(kept);
    const absl::Status prepared = PrepareResultsDirectory(results_dir_);
    return prepared.ok() || Refuse(prepared);
  }

  // Before anything is measured, for a name that was given twice by mistake.
  absl::Status KeepOldResults() const {
    if (options_.force || options_.results_dir.empty()) return absl::OkStatus();
    for (const Selection& selection : selections_) {
      const absl::Status kept = RefuseToOverwrite(ResultsFile(selection.program.suite));
      if (!kept.ok()) return kept;
    }
    return absl::OkStatus();
  }

  std::string ResultsFile(const std::string& suite) const {
    return absl::StrCat(results_dir_, "/", suite, ".txt");
  }

  bool Refuse(const absl::Status& status) {
    Complain(status);
    usage_ = true;
    return false;
  }

  bool IsSelected(const ListedRow& row) const {
    return (!options_.quick || row.quick) && RE2::PartialMatch(row.name, filter_);
  }

  Plan MakePlan() const {
    Plan plan;
    plan.rounds = options_.counts_only ? 0 : options_.rounds;
    plan.timeout = options_.suites.Timeout();
    plan.peak = options_.peak;
    plan.cpus = AllowedCpus();
    const double budget = options_.quick ? kQuickBudgetSeconds : kBudgetSeconds;
    plan.min_time_seconds = options_.min_time_seconds > 0
                                ? options_.min_time_seconds
                                : MinTimeFor(budget, Present(), plan.rounds);
    return plan;
  }

  // Rows of all suites that can run here.
  int Present() const {
    int rows = 0;
    for (const Selection& selection : selections_) rows += PresentRows(selection.rows);
    return rows;
  }

  std::string Announcement(const Plan& plan) const {
    const std::string rows = result::CountOf(static_cast<uint64_t>(Present()), "row");
    if (plan.CountsOnly()) return absl::StrCat("tare: ", rows, ", counts only\n");
    return absl::StrCat("tare: ", rows, ", ",
                        result::CountOf(static_cast<uint64_t>(plan.rounds), "round"), " of ",
                        plan.min_time_seconds, " s each\n");
  }

  // Writes the file first: a table that cannot be printed loses nothing.
  void Finish(const SuiteRecord& suite, const Plan& plan, Progress* progress) {
    const size_t measured = suite.Count(RowRecord::State::kMeasured);
    const size_t failed = suite.Count(RowRecord::State::kFailed);
    fault_ = fault_ || failed > 0;
    nothing_measured_ = nothing_measured_ || (measured == 0 && failed == 0);

    const result::ResultFile results = SuiteResults(suite, plan, provenance_);
    const std::string path =
        ResultsFile(suite.program.suite + (suite.interrupted ? ".partial" : ""));
    std::string written = "nothing was measured, nothing is written";
    if (!results.rows.empty()) {
      const absl::Status status = WriteFileAtomically(path, result::FormatText(results));
      fault_ = fault_ || !status.ok();
      written = status.ok() ? absl::StrCat("written to ", path) : std::string(status.message());
    }
    progress->Say("");
    if (!suite.interrupted) {
      std::fputs(
          absl::StrCat(RenderSuiteTable(suite, plan, TerminalWidth(STDOUT_FILENO)), "\n").c_str(),
          stdout);
      std::fflush(stdout);
    }
    progress->Say(absl::StrCat("tare: ", suite.program.suite, ": ", Outcome(suite), written, "\n"));
  }

  static std::string Outcome(const SuiteRecord& suite) {
    if (suite.interrupted) return "interrupted; what was measured is ";
    return absl::StrCat(result::CountOf(suite.Count(RowRecord::State::kMeasured), "row"),
                        " measured, ", suite.Count(RowRecord::State::kAbsent), " absent, ",
                        suite.Count(RowRecord::State::kFailed), " failed; ");
  }

  int ExitStatus() const {
    if (interrupt_.signal() != 0) return kSignalBase + interrupt_.signal();
    if (usage_) return kUsage;
    if (fault_) return kFault;
    return nothing_measured_ ? kCannotJudge : kOk;
  }

  const RunOptions& options_;
  const RE2 filter_;
  const Interrupt interrupt_;
  std::vector<Selection> selections_;
  std::string results_dir_;
  Provenance provenance_;
  bool usage_ = false;
  bool fault_ = false;
  bool nothing_measured_ = false;
};

}  // namespace

void AddRunCommand(CommandLine& line) {
  auto options = std::make_shared<RunOptions>();
  Subcommand command = line.AddCommand("run",
                                       "Measure suites, or programs of your own, write "
                                       "<suite>.txt for each, print a table for each",
                                       kRunExitHelp);
  AddSuiteOptions(command, options->suites);
  command
      .AddOption("--filter", options->filter,
                 "Only rows whose name holds a match of this regular expression (RE2)")
      .Named("RE");
  command.AddFlag("--quick", options->quick, "Only rows marked quick, within a minute in all");
  command.AddOption("--rounds", options->rounds, "Rounds of times (default: 9)")
      .Within(1, 1000)
      .Named("N");
  command.AddFlag("--counts-only", options->counts_only, "Count only, time nothing");
  command.AddFlag("--peak", options->peak,
                  "Count the most bytes that are alive at once as well (peak-live-B)");
  command
      .AddOption("--min-time", options->min_time_seconds,
                 "Seconds that each process times its row for at least, from 0.01 by default "
                 "(so that all takes about a quarter of an hour, or a minute if --quick)")
      .Must(Between("0.0001", "3600"))
      .Named("SECONDS");
  command
      .AddOption("-o,--output", options->results_dir,
                 "Where results are written (default: a fresh directory under results/ beside "
                 "the directory of the bench programs, or beside the first --exe)")
      .Named("DIR");
  command.AddFlag("--force", options->force, "Overwrite results that are in DIR");
  command.Does([options] { return Run(*options).Main(); });
}

}  // namespace tare::cli
