// SPDX-License-Identifier: Apache-2.0
// Runs the passes of a suite and keeps the book of each row.
#include "cli/measurement.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/printable.h"
#include "cli/process.h"
#include "cli/row_name.h"

namespace tare::cli {
namespace {

using State = RowRecord::State;

class SuiteMeasurement {
 public:
  SuiteMeasurement(const BenchProgram& program, const std::vector<ListedRow>& rows,
                   const Plan& plan, const Interrupt* interrupt, Progress* progress)
      : plan_(plan), interrupt_(interrupt), progress_(*progress) {
    suite_.program = program;
    for (const ListedRow& row : rows) {
      suite_.rows.emplace_back();
      suite_.rows.back().listed = row;
      if (!row.absent.empty()) {
        suite_.rows.back().state = State::kAbsent;
        suite_.rows.back().reason = row.absent;
      }
    }
  }

  SuiteRecord Run() {
    RunCounts();
    for (int round = 0; round < plan_.rounds && !suite_.interrupted; ++round) RunRound(round);
    return std::move(suite_);
  }

 private:
  void RunCounts() {
    progress_.Milestone(absl::StrCat(suite_.program.suite, ": counts"));
    for (RowRecord& row : suite_.rows) {
      if (row.state != State::kMeasured || suite_.interrupted) continue;
      if (const auto output = RunRow(row, Pass::kCounts, "counting pass")) {
        TakeCounts(*output, &row);
      }
    }
  }

  void RunRound(int round) {
    const std::string where = absl::StrCat("round ", round + 1, " of ", plan_.rounds);
    progress_.Milestone(absl::StrCat(suite_.program.suite, ": ", where));
    for (const size_t i : RoundOrder(suite_.rows.size(), round)) {
      RowRecord& row = suite_.rows[i];
      if (row.state != State::kMeasured) continue;
      if (suite_.interrupted) return;
      if (const auto output = RunRow(row, Pass::kTimes, where)) TakeTimes(*output, &row);
    }
    if (!suite_.interrupted) ++suite_.rounds_done;
  }

  // Runs one process. Nothing if that was all that could be said of the row, or if interrupted.
  std::optional<RowOutput> RunRow(RowRecord& row, Pass pass, const std::string& where) {
    progress_.Step(row.listed.name);
    const ProcessEnd end = RunRowOnce(suite_.program, row.listed, pass, plan_, interrupt_);
    progress_.Done(1);
    if (end.how == ProcessEnd::How::kInterrupted) {
      suite_.interrupted = true;
      return std::nullopt;
    }

    RowOutput output =
        JudgeOutput(end, pass, row.listed.name, absl::StrCat(suite_.program.FileName(), " output"),
                    row.listed.Repetitions());
    if (output.kind == RowOutput::Kind::kMeasured) {
      if (const std::string other = TakeHeader(output); !other.empty()) {
        output.kind = RowOutput::Kind::kFailed;
        output.reason = other;
      }
    }
    const size_t repetitions = output.repetitions.size();
    if (output.kind == RowOutput::Kind::kMeasured && !row.rounds.empty() && pass == Pass::kTimes &&
        repetitions != row.repetitions) {
      output.kind = RowOutput::Kind::kFailed;
      output.reason = absl::StrCat("printed ", repetitions, " rows, and ", row.repetitions,
                                   " in the round before");
    }
    if (output.kind == RowOutput::Kind::kFailed) {
      Fail(absl::StrCat(where, ": ", output.reason), end, pass, &row);
      return std::nullopt;
    }
    return output;
  }

  // All processes of a suite must measure under one configuration. Returns what differs.
  std::string TakeHeader(const RowOutput& output) {
    if (!has_header_) {
      has_header_ = true;
      suite_.config = output.config;
    }
    if (suite_.counts.empty()) suite_.counts = output.counts;
    if (const std::string other = ConfigDifference(suite_.config, output.config); !other.empty()) {
      return absl::StrCat("the configuration changed during the run: ", other);
    }
    // The passes may describe different units, but not the same unit differently.
    for (const result::Unit& unit : output.units.all()) {
      for (const auto& [key, value] : unit.metadata()) {
        std::string conflict = suite_.units.Set(unit.name(), key, value);
        if (!conflict.empty()) return conflict;
      }
    }
    return "";
  }

  void Fail(const std::string& reason, const ProcessEnd& end, Pass pass, RowRecord* row) {
    progress_.Say(
        absl::StrCat("tare: ", row->listed.name, ": ", reason, "\n", LastWords(end.err_tail)));
    progress_.Done(StepsLeft(*row, pass));
    row->state = State::kFailed;
    row->reason = reason;
    row->counts.reset();
    row->rounds.clear();
  }

  // Of a row whose process of `pass` has just ended.
  int StepsLeft(const RowRecord& row, Pass pass) const {
    if (pass == Pass::kCounts) return plan_.rounds;
    return plan_.rounds - static_cast<int>(row.rounds.size() / row.repetitions) - 1;
  }

  void TakeCounts(const RowOutput& output, RowRecord* row) {
    TakeNotes(output.notes, &row->notes);
    TakeNotes(output.not_applicable, &suite_.not_applicable);
    if (output.kind == RowOutput::Kind::kAbsent) {
      // The program cannot count here; it may be able to time.
      row->counts_absent = output.reason;
      if (plan_.CountsOnly()) {
        row->state = State::kAbsent;
        row->reason = output.reason;
      }
      return;
    }
    row->unstable = output.unstable;
    row->planted = output.planted;
    if (!output.row.values.empty()) row->counts = output.row;
  }

  void TakeTimes(const RowOutput& output, RowRecord* row) {
    TakeNotes(output.notes, &row->notes);
    if (output.kind == RowOutput::Kind::kAbsent) {
      progress_.Done(StepsLeft(*row, Pass::kTimes));
      row->state = State::kAbsent;
      row->reason = output.reason;
      row->counts.reset();
      row->rounds.clear();
      return;
    }
    row->repetitions = output.repetitions.size();
    for (result::Row times : output.repetitions) {
      std::erase_if(times.values, [&](const result::Value& value) {
        return suite_.units.IsExact(value.unit) ||
               (row->counts.has_value() && row->counts->Find(value.unit) != nullptr);
      });
      row->rounds.push_back(std::move(times));
    }
  }

  // Each once.
  static void TakeNotes(const std::vector<std::string>& said, std::vector<std::string>* notes) {
    for (const std::string& note : said) {
      if (std::find(notes->begin(), notes->end(), note) == notes->end()) notes->push_back(note);
    }
  }

  const Plan& plan_;
  const Interrupt* interrupt_;
  Progress& progress_;
  SuiteRecord suite_;
  bool has_header_ = false;
};

}  // namespace

std::string ConfigDifference(const result::Config& before, const result::Config& now) {
  const auto value = [](const result::Config& config, const std::string& key) {
    const std::string* v = config.Find(key);
    return v == nullptr ? std::string("nothing") : Quoted(*v);
  };
  for (const result::Config* config : {&before, &now}) {
    for (const auto& [key, unused] : config->entries()) {
      if (value(before, key) != value(now, key)) {
        return absl::StrCat(key, " changed from ", value(before, key), " to ", value(now, key));
      }
    }
  }
  return "";
}

ProcessEnd RunRowOnce(const BenchProgram& program, const ListedRow& row, Pass pass,
                      const Plan& plan, const Interrupt* interrupt) {
  Command command;
  if (pass == Pass::kCounts) {
    const auto iterations = plan.iterations.find(row.name);
    command.argv = CountsCommand(program, row,
                                 {iterations != plan.iterations.end() ? iterations->second : 0,
                                  plan.plants, false, plan.peak});
  } else {
    command.argv = TimesCommand(program, row, plan.min_time_seconds);
  }
  command.timeout = plan.timeout;
  if (RowName(row.name).has_threads) {
    command.cpus = plan.cpus;
  } else {
    command.cpus = {plan.cpus.back()};
  }
  return RunProcess(command, interrupt);
}

size_t SuiteRecord::Count(RowRecord::State state) const {
  return static_cast<size_t>(std::count_if(rows.begin(), rows.end(),
                                           [&](const RowRecord& r) { return r.state == state; }));
}

std::vector<size_t> RoundOrder(size_t rows, int round) {
  std::vector<size_t> order(rows);
  std::iota(order.begin(), order.end(), size_t{0});
  if (round % 2 == 1) std::reverse(order.begin(), order.end());
  return order;
}

int PresentRows(const std::vector<ListedRow>& rows) {
  return static_cast<int>(std::count_if(rows.begin(), rows.end(),
                                        [](const ListedRow& row) { return row.absent.empty(); }));
}

SuiteRecord Measure(const BenchProgram& program, const std::vector<ListedRow>& rows,
                    const Plan& plan, const Interrupt* interrupt, Progress* progress) {
  return SuiteMeasurement(program, rows, plan, interrupt, progress).Run();
}

}  // namespace tare::cli
