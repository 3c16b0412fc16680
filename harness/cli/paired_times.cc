// SPDX-License-Identifier: Apache-2.0
// Pairs the rows of two builds by their names, runs them in turn, and keeps what came out.
#include "cli/paired_times.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "cli/measurement.h"
#include "cli/min_time.h"
#include "cli/printable.h"
#include "cli/progress.h"
#include "cli/results_dir.h"
#include "cli/row_output.h"
#include "cli/terminal.h"
#include "result/write_text.h"

namespace tare::cli {
namespace {

using gate::Outcome;

enum Build : size_t { kBase, kNow };
constexpr const char* kBuildNames[] = {"base", "now"};

// A program in both builds, with the rows that both can run.
struct PairedSuite {
  std::array<BenchProgram, 2> programs;
  std::vector<std::array<ListedRow, 2>> rows;
};

class Timing {
 public:
  Timing(const SuitesToCount& suites, const SuiteOptions& options, const HowToTime& how,
         const Interrupt& interrupt)
      : suites_(suites), options_(options), how_(how), interrupt_(interrupt) {}

  absl::StatusOr<PairedTimes> Take() {
    const auto bases = FindBases(suites_.suites, how_.base);
    if (!bases.ok()) return bases.status();
    for (const CountedSuite& suite : suites_.suites) Pair(suite, *bases);
    ReportProgramsOfBase();
    size_t rows = 0;
    for (const PairedSuite& suite : paired_) rows += suite.rows.size();
    MakePlan(rows);
    Progress progress(static_cast<int>(rows) * 2 * plan_.rounds, MayRewriteLines(STDERR_FILENO));
    for (const PairedSuite& suite : paired_) {
      TimeSuite(suite, &progress);
      if (interrupt_.signal() != 0) break;
      Keep(suite);
    }
    progress.Say("");
    return std::move(times_);
  }

 private:
  void Add(Outcome outcome, const std::string& benchmark, std::string message) {
    gate::Finding& finding = times_.findings.emplace_back();
    finding.outcome = outcome;
    finding.benchmark = benchmark;
    finding.metric = gate::kTimeMetric;
    finding.message = absl::StrCat("time: ", message);
  }

  // Of what only one of the builds has or can run: it is no pass, unless that was said.
  void AddUnpaired(const std::string& benchmark, const std::string& message) {
    Add(how_.may_be_absent ? Outcome::kAbsent : Outcome::kCannotJudge, benchmark,
        absl::StrCat(message, how_.may_be_absent ? "" : " (--allow-absent lets it pass)"));
  }

  void Pair(const CountedSuite& now,
            const std::vector<std::pair<BenchProgram, const CountedSuite*>>& bases) {
    const auto base = std::find_if(bases.begin(), bases.end(),
                                   [&](const auto& pair) { return pair.second == &now; });
    if (base == bases.end()) {
      AddUnpaired("", absl::StrCat("the base build has no ", now.program.FileName()));
      return;
    }
    auto rows = ListRows(base->first, options_.Timeout(), &interrupt_);
    if (!rows.ok()) {
      Add(Outcome::kFault, "", absl::StrCat("base build: ", std::string(rows.status().message())));
      return;
    }
    absl::flat_hash_map<std::string, ListedRow> of_base;
    for (const ListedRow& row : *rows) of_base.emplace(row.name, row);
    PairedSuite suite = {{base->first, now.program}, {}};
    for (const ListedRow& row : now.rows) {
      const auto other = of_base.find(row.name);
      if (other == of_base.end()) {
        Add(Outcome::kAbsent, row.name, "the base build does not have it");
      } else if (!row.absent.empty() && !other->second.absent.empty()) {
        Add(Outcome::kAbsent, row.name, absl::StrCat("cannot run here: ", row.absent));
      } else if (!row.absent.empty() || !other->second.absent.empty()) {
        const bool is_now = !row.absent.empty();
        AddUnpaired(row.name, absl::StrCat("the ", kBuildNames[is_now ? kNow : kBase],
                                           " build cannot run it: ",
                                           is_now ? row.absent : other->second.absent));
      } else {
        suite.rows.push_back({other->second, row});
      }
    }
    ReportMissing(now, *rows);
    if (!suite.rows.empty()) paired_.push_back(std::move(suite));
  }

  void ReportMissing(const CountedSuite& now, const std::vector<ListedRow>& of_base) {
    absl::flat_hash_set<std::string> known(suites_.elsewhere.begin(), suites_.elsewhere.end());
    for (const ListedRow& row : now.rows) known.insert(row.name);
    for (const ListedRow& row : of_base) {
      if (known.contains(row.name) || !how_.selects(row)) continue;
      AddUnpaired(row.name, "only the base build has it");
    }
  }

  // Where all suites are judged, one that only the base has is missed.
  void ReportProgramsOfBase() {
    if (!options_.suites.empty() || !options_.exes.empty()) return;
    const auto of_base = FindBenchPrograms(how_.base);
    const auto of_now = options_.Programs();
    if (!of_base.ok() || !of_now.ok()) return;
    for (const BenchProgram& program : *of_base) {
      if (std::none_of(of_now->begin(), of_now->end(),
                       [&](const BenchProgram& now) { return now.suite == program.suite; })) {
        AddUnpaired("", absl::StrCat("only the base build has ", program.FileName()));
      }
    }
  }

  void MakePlan(size_t rows) {
    plan_.rounds = how_.rounds > 0 ? how_.rounds : gate::RoundsToJudge(rows, how_.rules);
    plan_.timeout = options_.Timeout();
    plan_.place = how_.place;
    plan_.min_time_seconds =
        how_.min_time_seconds > 0
            ? how_.min_time_seconds
            : MinTimeFor(how_.budget_seconds, static_cast<int>(2 * rows), plan_.rounds);
  }

  void TimeSuite(const PairedSuite& suite, Progress* progress) {
    kept_ = {};
    config_.reset();
    std::vector<gate::TimedBenchmark> benchmarks(suite.rows.size());
    std::vector<bool> broken(suite.rows.size());
    for (size_t i = 0; i < suite.rows.size(); ++i) benchmarks[i].name = suite.rows[i][kNow].name;
    for (int round = 0; round < plan_.rounds; ++round) {
      progress->Milestone(absl::StrCat(suite.programs[kNow].suite, ": times, round ", round + 1,
                                       " of ", plan_.rounds));
      for (const size_t i : RoundOrder(suite.rows.size(), round)) {
        if (broken[i]) continue;
        progress->Step(benchmarks[i].name);
        broken[i] = !TimePair(suite, i, round, &benchmarks[i], progress);
        if (interrupt_.signal() != 0) return;
        if (broken[i]) progress->Done(2 * (plan_.rounds - round - 1));
      }
    }
    for (size_t i = 0; i < benchmarks.size(); ++i) {
      if (!broken[i]) times_.benchmarks.push_back(std::move(benchmarks[i]));
    }
  }

  // One row in both builds. False: it is not to be timed again.
  bool TimePair(const PairedSuite& suite, size_t row, int round, gate::TimedBenchmark* benchmark,
                Progress* progress) {
    std::array<std::optional<double>, 2> ns;
    for (const size_t turn : {0, 1}) {
      const size_t build = BuildOfTurn(turn, round);
      ns[build] = TimeOne(suite.programs[build], suite.rows[row][build], build, round, progress);
      progress->Done(1);
      if (!ns[build].has_value()) {
        if (turn == 0) progress->Done(1);
        return false;
      }
    }
    benchmark->base.push_back(*ns[kBase]);
    benchmark->now.push_back(*ns[kNow]);
    return true;
  }

  // ns/op, the median of the process's repetitions. Nothing: it could not be timed, and that was
  // said.
  std::optional<double> TimeOne(const BenchProgram& program, const ListedRow& row, size_t build,
                                int round, Progress* progress) {
    const ProcessEnd end = RunRowOnce(program, row, Pass::kTimes, plan_, &interrupt_);
    if (end.how == ProcessEnd::How::kInterrupted) return std::nullopt;
    RowOutput output = JudgeOutput(end, Pass::kTimes, row.name,
                                   absl::StrCat(program.FileName(), " output"), row.Repetitions());
    const std::string where =
        absl::StrCat(kBuildNames[build], " build, round ", round + 1, ": ", output.reason);
    if (output.kind == RowOutput::Kind::kFailed) {
      progress->Say(absl::StrCat("tare: ", row.name, ": ", where, "\n", LastWords(end.err_tail)));
      Add(Outcome::kFault, row.name, where);
      return std::nullopt;
    }
    if (output.kind == RowOutput::Kind::kAbsent) {
      AddUnpaired(row.name, where);
      return std::nullopt;
    }
    if (!config_.has_value()) config_ = output.config;
    if (const std::string other = ConfigDifference(*config_, output.config); !other.empty()) {
      Add(Outcome::kCannotJudge, row.name,
          absl::StrCat("what is not alike is not compared: ", other, " in the ", kBuildNames[build],
                       " build"));
      return std::nullopt;
    }
    result::ResultFile& kept = kept_[build];
    kept.config = output.config;
    for (const result::Unit& unit : output.units.all()) {
      for (const auto& [key, text] : unit.metadata()) {
        (void)kept.units.Set(unit.name(), key, text);  // only what is kept would contradict itself
      }
    }
    KeepMedian(&output.repetitions);
    kept.rows.push_back(std::move(output.repetitions[0]));
    result::Row& times = kept.rows.back();
    std::erase_if(times.values, [&](const result::Value& v) { return kept.units.IsExact(v.unit); });
    return *times.Find(result::kNsPerOp);  // a measurement of times has it
  }

  // What cannot be kept is a fault of the verdict, and costs it nothing else.
  void Keep(const PairedSuite& suite) {
    if (how_.keep.empty()) return;
    for (const size_t build : {kBase, kNow}) {
      if (kept_[build].rows.empty()) continue;
      kept_[build].head = {absl::StrCat("tare 1 · ", kBuildNames[build], " build ",
                                        suite.programs[build].path, " · ", plan_.rounds,
                                        " rounds of ", plan_.min_time_seconds,
                                        " s, each in turn with the other build")};
      const absl::Status status = WriteFileAtomically(
          absl::StrCat(how_.keep, "/", kBuildNames[build], "/", suite.programs[kNow].suite, ".txt"),
          result::FormatText(kept_[build]));
      if (!status.ok()) Add(Outcome::kFault, "", std::string(status.message()));
    }
  }

  const SuitesToCount& suites_;
  const SuiteOptions& options_;
  const HowToTime& how_;
  const Interrupt& interrupt_;
  Plan plan_;
  std::vector<PairedSuite> paired_;
  PairedTimes times_;
  // Of the suite that is being timed.
  std::array<result::ResultFile, 2> kept_;
  std::optional<result::Config> config_;
};

// A path that two spellings of one name have in common. Links stay what they are: programs may be
// told apart by the name that they were called by.
std::string AsOne(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

}  // namespace

absl::StatusOr<std::vector<std::pair<BenchProgram, const CountedSuite*>>> FindBases(
    const std::vector<CountedSuite>& suites, const std::string& base, const std::string& flag) {
  std::vector<std::pair<BenchProgram, const CountedSuite*>> bases;
  std::error_code error;
  if (!std::filesystem::is_directory(base, error)) {
    const auto program = ProgramInFile(base, flag);
    if (!program.ok()) return program.status();
    if (suites.size() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, " ", base, " is one program, and ", suites.size(),
                       " are to be run: name a directory that holds them"));
    }
    bases.emplace_back(*program, &suites[0]);
  } else {
    for (const CountedSuite& suite : suites) {
      const auto program = ProgramInFile(absl::StrCat(base, "/", suite.program.FileName()), flag);
      if (program.ok()) {
        bases.emplace_back(*program, &suite);
      } else if (!absl::IsNotFound(program.status())) {
        return program.status();
      }
    }
    if (bases.empty()) {
      return absl::NotFoundError(absl::StrCat(
          flag, " ", base, ": the directory holds none of the programs that are run, such as ",
          suites.empty() ? "bench_<suite>" : suites[0].program.FileName()));
    }
  }
  for (const auto& [program, suite] : bases) {
    if (AsOne(program.path) != AsOne(suite->program.path)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " ", base, " is the build that is run itself: ", suite->program.path));
  }
  return bases;
}

absl::Status PrepareToKeep(const HowToTime& how) {
  if (how.keep.empty()) return absl::OkStatus();
  for (const char* name : kBuildNames) {
    const absl::Status status = PrepareResultsDirectory(absl::StrCat(how.keep, "/", name));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<PairedTimes> TakePairedTimes(const SuitesToCount& suites,
                                            const SuiteOptions& options, const HowToTime& how,
                                            const Interrupt& interrupt) {
  return Timing(suites, options, how, interrupt).Take();
}

}  // namespace tare::cli
