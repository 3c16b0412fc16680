// SPDX-License-Identifier: Apache-2.0
// Runs the passes of a suite and keeps the book of each row.
#include "cli/measurement.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/batch_output.h"
#include "cli/machine_load.h"
#include "cli/printable.h"
#include "cli/process.h"
#include "stat/median.h"

namespace tare::cli {
namespace {

using State = RowRecord::State;

// Runs the one process that measures `rows` in `pass`.
ProcessEnd RunRows(const BenchProgram& program, const std::vector<ListedRow>& rows, Pass pass,
                   const Plan& plan, const Interrupt* interrupt) {
  Command command;
  if (pass == Pass::kCounts) {
    const auto iterations = plan.iterations.find(rows[0].name);
    command.argv = CountsCommand(program, rows,
                                 {iterations != plan.iterations.end() ? iterations->second : 0,
                                  plan.plants, false, plan.peak});
  } else {
    command.argv = TimesCommand(program, rows, plan.min_time_seconds);
  }
  command.timeout = plan.timeout * static_cast<int64_t>(rows.size());
  command.cpus = plan.place.Of(rows[0].name);
  return RunProcess(command, interrupt);
}

// The rows of one process, by index.
using Group = std::vector<size_t>;

// The kernel takes 128 KiB in an argument (MAX_ARG_STRLEN). The filter for a row is its name, which
// may be twice as long with what must be escaped, and what tare leaves out of it: "/threads:1",
// say.
constexpr size_t kMostOfNames = size_t{32} << 10;
constexpr size_t kMostBesideName = 24;

// `label` is what messages begin with, where there is another build.
class SuiteMeasurement {
 public:
  SuiteMeasurement(const BenchProgram& program, const std::vector<ListedRow>& rows,
                   const Plan& plan, const Interrupt* interrupt, Progress* progress,
                   const std::string& label = "")
      : plan_(plan),
        interrupt_(interrupt),
        progress_(*progress),
        label_(label.empty() ? "" : label + " build: "),
        before_(MachineLoad::Now()) {
    suite_.program = program;
    for (const ListedRow& row : rows) {
      suite_.rows.emplace_back();
      suite_.rows.back().listed = row;
      if (!row.absent.empty()) {
        suite_.rows.back().state = State::kAbsent;
        suite_.rows.back().reason = row.absent;
      }
    }
    Divide();
  }

  const SuiteRecord& suite() const { return suite_; }
  size_t groups() const { return groups_.size(); }
  std::string What(absl::string_view part) const {
    return absl::StrCat(suite_.program.suite, ": ", label_, part);
  }
  std::string RoundInWords(int round) const {
    return absl::StrCat("round ", round + 1, " of ", plan_.rounds);
  }

  void RunCounts() {
    progress_.Milestone(What("counts"));
    for (const Group& group : groups_) RunGroup(group, Pass::kCounts, "counting pass");
  }

  void RunTimes(size_t group, int round) {
    RunGroup(groups_[group], Pass::kTimes, RoundInWords(round));
  }

  void EndRound() {
    if (!suite_.interrupted) ++suite_.rounds_done;
  }

  void Stop() { suite_.interrupted = true; }

  // Of a row that the other build has lost: there is nothing to pair its rounds with.
  void Drop(size_t row, const std::string& reason) {
    const RowRecord& record = suite_.rows[row];
    progress_.Done(plan_.rounds - static_cast<int>(record.rounds.size() / record.repetitions));
    MakeAbsent(reason, &suite_.rows[row]);
  }

  SuiteRecord Finish() {
    const MachineLoad after = MachineLoad::Now();
    suite_.load = LoadInWords(before_, after);
    suite_.stolen = StolenBetween(before_, after).value_or(0);
    return std::move(suite_);
  }

 private:
  static bool IsApart(const ListedRow& row) { return row.shares_gbench_name || row.apart; }

  // Rows of one process must be placed alike; one that shares its name is selected alone. As many
  // as have room in one argument of the command line.
  void Divide() {
    std::vector<size_t> sizes;  // by group
    for (size_t i = 0; i < suite_.rows.size(); ++i) {
      const ListedRow& listed = suite_.rows[i].listed;
      const std::vector<int> cpus = plan_.place.Of(listed.name);
      const size_t size = listed.name.size() + kMostBesideName;
      size_t group = 0;
      const auto takes_it = [&] {
        const ListedRow& first = suite_.rows[groups_[group][0]].listed;
        return !IsApart(first) && plan_.place.Of(first.name) == cpus &&
               sizes[group] + size <= kMostOfNames;
      };
      const bool may_join = plan_.whole_rounds && !IsApart(listed);
      while (may_join && group < groups_.size() && !takes_it()) ++group;
      if (!may_join || group == groups_.size()) {
        groups_.push_back({i});
        sizes.push_back(size);
      } else {
        groups_[group].push_back(i);
        sizes[group] += size;
      }
    }
  }

  // Runs the rows of `group` that are still measured, in one process, or in several where one dies:
  // the row that it did not come to the end of has failed, and the others are run without it.
  void RunGroup(const Group& group, Pass pass, const std::string& where) {
    Group left;
    for (const size_t i : group) {
      if (suite_.rows[i].state == State::kMeasured) left.push_back(i);
    }
    while (!left.empty() && !suite_.interrupted) {
      std::vector<ListedRow> listed;
      for (const size_t i : left) listed.push_back(suite_.rows[i].listed);
      progress_.Step(listed.size() == 1
                         ? listed[0].name
                         : absl::StrCat(listed[0].name, " and ", listed.size() - 1, " more"));
      const ProcessEnd end = RunRows(suite_.program, listed, pass, plan_, interrupt_);
      if (end.how == ProcessEnd::How::kInterrupted) {
        progress_.Done(1);
        suite_.interrupted = true;
        return;
      }
      if (left.size() == 1) {
        TakeEnd(end, pass, where, &suite_.rows[left[0]]);
        return;
      }
      left = TakeEnds(end, left, pass, where);
    }
  }

  // Returns the rows that are to be run again.
  Group TakeEnds(const ProcessEnd& end, const Group& group, Pass pass, const std::string& where) {
    std::vector<std::string> names;
    for (const size_t i : group) names.push_back(suite_.rows[i].listed.name);
    const std::vector<std::optional<std::string>> outputs = OutputsOfRows(end.out, names);
    const bool all = std::all_of(outputs.begin(), outputs.end(),
                                 [](const auto& output) { return output.has_value(); });
    const bool row_failed = end.how == ProcessEnd::How::kExited && HasErrorComment(end.out);
    Group again;
    bool is_over = false;  // what the process did not come to the end of
    for (size_t k = 0; k < group.size(); ++k) {
      ProcessEnd own = end;
      own.out = outputs[k].value_or("");
      if (outputs[k].has_value()) {
        if (!all || row_failed) {  // how the process ended says nothing of this one
          own.how = ProcessEnd::How::kExited;
          own.code = 0;
        }
      } else if (!end.Succeeded()) {
        if (is_over) {
          again.push_back(group[k]);
          continue;
        }
        is_over = true;
      }
      TakeEnd(own, pass, where, &suite_.rows[group[k]]);
    }
    return again;
  }

  void TakeEnd(const ProcessEnd& end, Pass pass, const std::string& where, RowRecord* row) {
    progress_.Done(1);
    RowOutput output =
        JudgeOutput(end, pass, row->listed.name, absl::StrCat(suite_.program.FileName(), " output"),
                    row->listed.Repetitions());
    if (plan_.one_value_a_round) KeepMedian(&output.repetitions);
    if (output.kind == RowOutput::Kind::kMeasured) {
      if (const std::string other = TakeHeader(output); !other.empty()) {
        output.kind = RowOutput::Kind::kFailed;
        output.reason = other;
      }
    }
    const size_t repetitions = output.repetitions.size();
    if (output.kind == RowOutput::Kind::kMeasured && !row->rounds.empty() && pass == Pass::kTimes &&
        repetitions != row->repetitions) {
      output.kind = RowOutput::Kind::kFailed;
      output.reason = absl::StrCat("printed ", repetitions, " rows, and ", row->repetitions,
                                   " in the round before");
    }
    if (output.kind == RowOutput::Kind::kFailed) {
      Fail(absl::StrCat(where, ": ", output.reason), end, pass, row);
    } else if (pass == Pass::kCounts) {
      TakeCounts(output, row);
    } else {
      TakeTimes(output, end, row);
    }
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
    progress_.Say(absl::StrCat("tare: ", label_, row->listed.name, ": ", reason, "\n",
                               LastWords(end.err_tail)));
    progress_.Done(StepsLeft(*row, pass));
    row->state = State::kFailed;
    row->reason = reason;
    row->counts.reset();
    row->rounds.clear();
    row->waited.clear();
  }

  static void MakeAbsent(const std::string& reason, RowRecord* row) {
    row->state = State::kAbsent;
    row->reason = reason;
    row->counts.reset();
    row->rounds.clear();
    row->waited.clear();
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
      if (plan_.CountsOnly()) MakeAbsent(output.reason, row);
      return;
    }
    row->unstable = output.unstable;
    row->planted = output.planted;
    if (!output.row.values.empty()) row->counts = output.row;
  }

  void TakeTimes(const RowOutput& output, const ProcessEnd& end, RowRecord* row) {
    TakeNotes(output.notes, &row->notes);
    if (output.kind == RowOutput::Kind::kAbsent) {
      progress_.Done(StepsLeft(*row, Pass::kTimes));
      MakeAbsent(output.reason, row);
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
    if (end.waited.has_value() && end.lifetime.count() > 0) {
      row->waited.push_back(static_cast<double>(end.waited->count()) /
                            static_cast<double>(end.lifetime.count()));
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
  const std::string label_;
  const MachineLoad before_;
  SuiteRecord suite_;
  std::vector<Group> groups_;
  bool has_header_ = false;
};

constexpr double kMostWaited = 0.1;
constexpr double kMostStolen = 0.02;

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
  return RunRows(program, {row}, pass, plan, interrupt);
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
  SuiteMeasurement suite(program, rows, plan, interrupt, progress);
  suite.RunCounts();
  for (int round = 0; round < plan.rounds && !suite.suite().interrupted; ++round) {
    progress->Milestone(suite.What(suite.RoundInWords(round)));
    for (const size_t group : RoundOrder(suite.groups(), round)) suite.RunTimes(group, round);
    suite.EndRound();
  }
  return suite.Finish();
}

Builds SideBySide(const BenchProgram& base, const std::vector<ListedRow>& base_rows,
                  const BenchProgram& now, const std::vector<ListedRow>& now_rows) {
  Builds builds = {Build{"base", base, {}}, Build{"now", now, {}}};
  const auto find = [](const std::vector<ListedRow>& rows, const std::string& name) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const ListedRow& row) { return row.name == name; });
    return found == rows.end() ? nullptr : &*found;
  };
  const auto add = [&](const ListedRow* of_base, const ListedRow* of_now) {
    const ListedRow& either = of_now != nullptr ? *of_now : *of_base;
    std::string absent;
    if (of_base == nullptr) {
      absent = "the base build does not have it";
    } else if (of_now == nullptr) {
      absent = "only the base build has it";
    } else if (!of_now->absent.empty()) {
      absent = of_now->absent;
    } else if (!of_base->absent.empty()) {
      absent = absl::StrCat("in the base build: ", of_base->absent);
    }
    builds[0].rows.push_back(of_base != nullptr ? *of_base : either);
    builds[1].rows.push_back(either);
    const bool apart = builds[0].rows.back().shares_gbench_name || either.shares_gbench_name;
    for (Build& build : builds) {
      build.rows.back().absent = absent;
      build.rows.back().apart = apart;  // so that both are divided into the same processes
    }
  };
  for (const ListedRow& row : now_rows) add(find(base_rows, row.name), &row);
  for (const ListedRow& row : base_rows) {
    if (find(now_rows, row.name) == nullptr) add(&row, nullptr);
  }
  return builds;
}

size_t BuildOfTurn(size_t turn, int round) {
  return (turn + static_cast<size_t>(round) / 2) % 2;
}

std::array<SuiteRecord, 2> MeasureInTurn(const Builds& builds, const Plan& plan,
                                         const Interrupt* interrupt, Progress* progress) {
  std::array<SuiteMeasurement, 2> suites = {
      SuiteMeasurement(builds[0].program, builds[0].rows, plan, interrupt, progress,
                       builds[0].label),
      SuiteMeasurement(builds[1].program, builds[1].rows, plan, interrupt, progress,
                       builds[1].label)};
  const auto is_interrupted = [&] {
    return suites[0].suite().interrupted || suites[1].suite().interrupted;
  };
  const auto drop_unpaired = [&] {
    for (size_t row = 0; row < builds[0].rows.size(); ++row) {
      for (const size_t lost : {0, 1}) {
        const RowRecord& record = suites[lost].suite().rows[row];
        if (record.state == State::kMeasured ||
            suites[1 - lost].suite().rows[row].state != State::kMeasured) {
          continue;
        }
        suites[1 - lost].Drop(
            row, absl::StrCat("in the ", builds[lost].label, " build: ", record.reason));
      }
    }
  };
  for (SuiteMeasurement& suite : suites) {
    if (!is_interrupted()) suite.RunCounts();
  }
  if (!is_interrupted()) drop_unpaired();
  for (int round = 0; round < plan.rounds && !is_interrupted(); ++round) {
    progress->Milestone(absl::StrCat(builds[1].program.suite, ": ", suites[1].RoundInWords(round)));
    for (const size_t group : RoundOrder(suites[0].groups(), round)) {
      for (const size_t turn : {0, 1}) {
        if (!is_interrupted()) suites[BuildOfTurn(turn, round)].RunTimes(group, round);
      }
      if (!is_interrupted()) drop_unpaired();
    }
    for (SuiteMeasurement& suite : suites) {
      if (is_interrupted()) suite.Stop();
      suite.EndRound();
    }
  }
  return {suites[0].Finish(), suites[1].Finish()};
}

std::string Disturbances(const SuiteRecord& suite) {
  std::string text;
  size_t rows = 0;
  const RowRecord* worst = nullptr;
  double most = 0;
  for (const RowRecord& row : suite.rows) {
    if (row.waited.empty()) continue;
    const double waited = stat::Median(row.waited);
    if (waited > kMostWaited) ++rows;
    if (waited > most) worst = &row;
    most = std::max(most, waited);
  }
  if (rows > 0) {
    absl::StrAppendFormat(
        &text,
        "tare: warning: %d of %d rows waited for a CPU more than %.0f %% of their time, %s most "
        "(%.0f %%): that time is in ns/op and not in cpu/op. Something else ran on their CPUs "
        "(%s), or the program's own threads share one: --no-pin\n",
        rows, suite.rows.size(), 100 * kMostWaited, worst->listed.name, 100 * most, suite.load);
  }
  if (suite.stolen >= kMostStolen) {
    absl::StrAppendFormat(&text,
                          "tare: warning: the hypervisor took %.1f %% of the CPU time, which is in "
                          "ns/op and cpu/op\n",
                          100 * suite.stolen);
  }
  return text;
}

}  // namespace tare::cli
