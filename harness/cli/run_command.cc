// SPDX-License-Identifier: Apache-2.0
// tare run: measures suites in interleaved rounds of fresh processes, writes files, prints tables.
#include <re2/re2.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
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
#include "cli/exit_code.h"
#include "cli/fresh_counts.h"
#include "cli/interrupt.h"
#include "cli/measurement.h"
#include "cli/min_time.h"
#include "cli/paired_times.h"
#include "cli/placement.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/results_dir.h"
#include "cli/suite_options.h"
#include "cli/suite_results.h"
#include "cli/suite_table.h"
#include "cli/terminal.h"
#include "gate/judge_times.h"
#include "result/words.h"
#include "result/write_text.h"

namespace tare::cli {
namespace {

struct RunOptions {
  SuiteOptions suites;
  std::string filter;
  bool quick = false;
  int rounds = 0;  // 0: 9, or with a base as many as can show a change
  bool counts_only = false;
  bool peak = false;
  double min_time_seconds = 0;  // 0: from the time that the whole run may take
  std::string against;          // the base build: a program or a directory; empty: none
  PlacementOptions place;
  std::string processes = "auto";
  std::string results_dir;  // empty: a fresh one
  bool force = false;       // overwrite results
};

struct Selection {
  CountedSuite suite;  // its rows are not empty
  double start_seconds = 0;
  bool whole_rounds = false;
  std::optional<Builds> builds;  // where there is a base to be measured against
};

constexpr int kRounds = 9;
// A program that takes longer to start has one process a round.
constexpr double kSlowStartSeconds = 0.5;

constexpr const char* kBuildDirectories[] = {"base", "now"};  // the labels of Builds

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
    const int builds = options_.against.empty() ? 1 : 2;
    Progress progress(builds * Present() * (1 + plan.rounds), MayRewriteLines(STDERR_FILENO));
    progress.Say(Announcement(plan));
    for (const Selection& selection : selections_) {
      Plan own = plan;
      own.whole_rounds = selection.whole_rounds;
      if (selection.builds.has_value()) {
        FinishPair(*selection.builds, MeasureInTurn(*selection.builds, own, &interrupt_, &progress),
                   own, &progress);
      } else {
        const SuiteRecord suite =
            Measure(selection.suite.program, selection.suite.rows, own, &interrupt_, &progress);
        provenance_.commit = CommitOf(selection.suite.program, &interrupt_);
        Finish(suite, own, &progress);
      }
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
      double start_seconds = 0;
      auto rows = ListAndTime(program, &start_seconds);
      if (interrupt_.signal() != 0) return false;
      if (!rows.ok()) {
        Complain(rows.status());
        fault_ = true;
        continue;
      }
      std::erase_if(*rows, [&](const ListedRow& row) { return !IsSelected(row); });
      if (rows->empty()) continue;
      const bool whole_rounds = options_.processes == "round" ||
                                (options_.processes == "auto" && start_seconds > kSlowStartSeconds);
      selections_.push_back({{program, *std::move(rows)}, start_seconds, whole_rounds, {}});
    }
    if (selections_.empty()) {
      if (fault_ && options_.filter.empty() && !options_.quick) return false;
      return Refuse(absl::NotFoundError(absl::StrCat(
          "no row matches", options_.filter.empty() ? "" : " --filter '", options_.filter,
          options_.filter.empty() ? "" : "'", options_.quick ? " --quick" : "",
          "; `tare list` shows the rows, and which are quick")));
    }
    const auto place = options_.place.Get();
    if (!place.ok()) return Refuse(place.status());
    place_ = *place;
    if (!options_.against.empty() && !PrepareBases()) return false;
    const absl::Time now = absl::Now();
    provenance_.date = absl::FormatTime("%Y-%m-%dT%H:%MZ", now, absl::UTCTimeZone());
    results_dir_ = options_.results_dir.empty()
                       ? FreshResultsDirectory(options_.suites, selections_[0].suite.program, now)
                       : options_.results_dir;
    if (const absl::Status kept = KeepOldResults(); !kept.ok()) return Refuse(kept);
    for (const char* build : kBuildDirectories) {
      const absl::Status prepared = PrepareResultsDirectory(DirectoryOf(build));
      if (!prepared.ok()) return Refuse(prepared);
    }
    return true;
  }

  // The rows of `program`, and how long it takes to start: the shorter of two times if the first
  // was long, for then its file may not have been read before.
  absl::StatusOr<std::vector<ListedRow>> ListAndTime(const BenchProgram& program,
                                                     double* start_seconds) {
    std::chrono::nanoseconds first{}, second{};
    auto rows = ListRows(program, options_.suites.Timeout(), &interrupt_, &first);
    *start_seconds = std::chrono::duration<double>(first).count();
    if (!rows.ok() || *start_seconds <= kSlowStartSeconds) return rows;
    rows = ListRows(program, options_.suites.Timeout(), &interrupt_, &second);
    *start_seconds = std::chrono::duration<double>(std::min(first, second)).count();
    return rows;
  }

  // Finds the other build of each program, and puts their rows side by side.
  bool PrepareBases() {
    std::vector<CountedSuite> suites;
    for (const Selection& selection : selections_) suites.push_back(selection.suite);
    const auto bases = FindBases(suites, options_.against, "--against");
    if (!bases.ok()) return Refuse(bases.status());
    std::vector<Selection> with_base;
    for (size_t i = 0; i < suites.size(); ++i) {
      const auto base = std::find_if(bases->begin(), bases->end(),
                                     [&](const auto& pair) { return pair.second == &suites[i]; });
      if (base == bases->end()) {
        Complain(absl::NotFoundError(absl::StrCat(
            "the base build has no ", suites[i].program.FileName(), ": it is not measured")));
        not_compared_ = true;
        continue;
      }
      auto rows = ListRows(base->first, options_.suites.Timeout(), &interrupt_);
      if (interrupt_.signal() != 0) return false;
      if (!rows.ok()) {
        Complain(rows.status());
        fault_ = true;
        continue;
      }
      std::erase_if(*rows, [&](const ListedRow& row) { return !IsSelected(row); });
      with_base.push_back(selections_[i]);
      with_base.back().builds = SideBySide(base->first, *rows, suites[i].program, suites[i].rows);
    }
    selections_ = std::move(with_base);
    return !selections_.empty();
  }

  // Before anything is measured, for a name that was given twice by mistake.
  absl::Status KeepOldResults() const {
    if (options_.force || options_.results_dir.empty()) return absl::OkStatus();
    for (const Selection& selection : selections_) {
      for (const char* build : kBuildDirectories) {
        const absl::Status kept =
            RefuseToOverwrite(ResultsFile(DirectoryOf(build), selection.suite.program.suite));
        if (!kept.ok()) return kept;
      }
    }
    return absl::OkStatus();
  }

  // Where the results of a build belong.
  std::string DirectoryOf(const char* build) const {
    return options_.against.empty() ? results_dir_ : absl::StrCat(results_dir_, "/", build);
  }

  static std::string ResultsFile(const std::string& directory, const std::string& suite) {
    return absl::StrCat(directory, "/", suite, ".txt");
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
    plan.rounds = options_.rounds;
    if (plan.rounds == 0 && options_.against.empty()) plan.rounds = kRounds;
    // Of each row two times are compared, those of ns/op and cpu-ns/op.
    const auto rows = static_cast<size_t>(Present());
    if (plan.rounds == 0) plan.rounds = gate::RoundsToJudge(2 * rows, {});
    if (options_.counts_only) plan.rounds = 0;
    plan.timeout = options_.suites.Timeout();
    plan.peak = options_.peak;
    plan.place = place_;
    plan.one_value_a_round = !options_.against.empty();
    const double budget = options_.quick ? kQuickBudgetSeconds : kBudgetSeconds;
    const int builds = options_.against.empty() ? 1 : 2;
    plan.min_time_seconds = options_.min_time_seconds > 0
                                ? options_.min_time_seconds
                                : MinTimeFor(budget, builds * Present(), plan.rounds, Overhead());
    return plan;
  }

  static int Present(const Selection& selection) {
    return PresentRows(selection.builds.has_value() ? (*selection.builds)[1].rows
                                                    : selection.suite.rows);
  }

  // Rows of all suites that can run here.
  int Present() const {
    int rows = 0;
    for (const Selection& selection : selections_) rows += Present(selection);
    return rows;
  }

  // What a row costs in a round beside its timed loop, on average.
  double Overhead() const {
    double sum = 0;
    for (const Selection& selection : selections_) {
      const double rows = Present(selection);
      sum += selection.whole_rounds ? rows * kOverheadSeconds + selection.start_seconds
                                    : rows * std::max(kOverheadSeconds, selection.start_seconds);
    }
    return sum / std::max(Present(), 1);
  }

  std::string Announcement(const Plan& plan) const {
    std::string text =
        absl::StrCat("tare: ", result::CountOf(static_cast<uint64_t>(Present()), "row"));
    if (plan.CountsOnly()) {
      absl::StrAppend(&text, ", counts only\n");
    } else {
      absl::StrAppend(&text, options_.against.empty() ? "" : " of two builds in turn", ", ",
                      result::CountOf(static_cast<uint64_t>(plan.rounds), "round"), " of ",
                      plan.min_time_seconds, " s each\n");
    }
    for (const Selection& selection : selections_) {
      const std::string start =
          absl::StrFormat("tare: %s takes %.2g s to start", selection.suite.program.FileName(),
                          selection.start_seconds);
      if (selection.whole_rounds) {
        absl::StrAppend(&text, start,
                        ": its rows share one process a round (--processes row gives each row its "
                        "own)\n");
      } else if (selection.start_seconds > kSlowStartSeconds) {
        absl::StrAppend(&text, start, ", once for each of ", Present(selection),
                        " rows a round (--processes round starts it once)\n");
      }
    }
    return text;
  }

  // Both files first, then the comparison.
  void FinishPair(const Builds& builds, std::array<SuiteRecord, 2> suites, const Plan& plan,
                  Progress* progress) {
    const std::string run = absl::StrFormat("%s %08x", provenance_.date, std::random_device()());
    std::vector<std::string> files;
    std::string said;
    for (size_t i = 0; i < suites.size(); ++i) {
      provenance_.commit = CommitOf(builds[i].program, &interrupt_);
      suites[i].in_turn = run;
      // The base may be under another name.
      suites[i].program.suite = builds[1].program.suite;
      const std::string path =
          Write(suites[i], plan, absl::StrCat(results_dir_, "/", builds[i].label), &said);
      if (!path.empty()) files.push_back(absl::StrCat(builds[i].label, "=", path));
    }
    progress->Say(said + Disturbances(suites[1]));
    if (suites[0].interrupted || suites[1].interrupted) return;
    if (files.size() < suites.size()) {
      not_compared_ = true;
      return;
    }
    not_compared_ = CompareResultFiles(files) != kOk || not_compared_;
    std::vector<std::string> names;
    for (const ListedRow& row : builds[1].rows) names.push_back(row.name);
    std::fputs(
        absl::StrCat("Both builds in turn, ", plan.rounds, " rounds of ", plan.min_time_seconds,
                     " s; rows were ", plan.place.InWords(names), "; --cpus and --no-pin.\n")
            .c_str(),
        stdout);
    std::fflush(stdout);
  }

  // Writes the file first: a table that cannot be printed loses nothing.
  void Finish(const SuiteRecord& suite, const Plan& plan, Progress* progress) {
    std::string said;
    (void)Write(suite, plan, results_dir_, &said);
    progress->Say("");
    if (!suite.interrupted) {
      std::fputs(
          absl::StrCat(RenderSuiteTable(suite, plan, TerminalWidth(STDOUT_FILENO)), "\n").c_str(),
          stdout);
      std::fflush(stdout);
    }
    progress->Say(said + (plan.CountsOnly() ? "" : Disturbances(suite)));
  }

  // Returns the file that holds what was measured; "" where there is none. `said` gets a line about
  // it.
  std::string Write(const SuiteRecord& suite, const Plan& plan, const std::string& directory,
                    std::string* said) {
    const size_t measured = suite.Count(RowRecord::State::kMeasured);
    const size_t failed = suite.Count(RowRecord::State::kFailed);
    fault_ = fault_ || failed > 0;
    nothing_measured_ = nothing_measured_ || (measured == 0 && failed == 0);

    const result::ResultFile results = SuiteResults(suite, plan, provenance_);
    std::string path =
        ResultsFile(directory, suite.program.suite + (suite.interrupted ? ".partial" : ""));
    std::string written = "nothing was measured, nothing is written";
    bool is_written = !results.rows.empty();
    if (is_written) {
      const absl::Status status = WriteFileAtomically(path, result::FormatText(results));
      is_written = status.ok();
      fault_ = fault_ || !is_written;
      written = is_written ? absl::StrCat("written to ", path) : std::string(status.message());
    }
    absl::StrAppend(said, "tare: ", suite.program.suite, ": ", Outcome(suite), written, "\n");
    return is_written ? path : "";
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
    return nothing_measured_ || not_compared_ ? kCannotJudge : kOk;
  }

  const RunOptions& options_;
  const RE2 filter_;
  const Interrupt interrupt_;
  std::vector<Selection> selections_;
  std::string results_dir_;
  Provenance provenance_;
  Placement place_;
  bool not_compared_ = false;
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
  command
      .AddOption(
          "--rounds", options->rounds,
          "Rounds of times (default: 9; with --against as many as can show a change among so "
          "many rows, at least 9)")
      .Within(1, 1000)
      .Named("N");
  Option counts_only =
      command.AddFlag("--counts-only", options->counts_only, "Count only, time nothing");
  command.AddFlag("--peak", options->peak,
                  "Count the most bytes that are alive at once as well (peak-live-B)");
  command
      .AddOption(
          "--against", options->against,
          "Measure a base build as well, a directory with its bench programs or its program, "
          "both in turn, and compare them round by round; writes base/ and now/")
      .Excludes(counts_only)
      .Must(IsNotEmpty())
      .Named("BASE");
  AddPlacementOptions(command, options->place);
  command
      .AddOption("--processes", options->processes,
                 "One for each row of a round, one a round for all of them, or auto: a round where "
                 "the program takes more than 0.5 s to start (default: auto)")
      .OneOf({"auto", "row", "round"})
      .Named("EACH");
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
