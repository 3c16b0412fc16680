// SPDX-License-Identifier: Apache-2.0
// Reports runs as they end.
#include "bench/reporters.h"

#include <optional>
#include <set>
#include <utility>

#include "bench/go_text.h"
#include "bench/output.h"
#include "result/row_names.h"
#include "tare/benchmem.h"

namespace tare::bench {

GoReporter::GoReporter(const std::vector<Row>& rows) {
  for (const Row& row : rows) names_[row.gbench_name].push_back(row.name);
}

bool GoReporter::ReportContext(const Context&) {
  std::string out;
  AppendHead(Measures::kTimesAndCounts, &out);
  WriteResults(out);
  return true;
}

void GoReporter::ReportRuns(const std::vector<Run>& runs) {
  std::string out;
  std::set<std::string>
      messages;  // a skipped benchmark is skipped in every repetition: say it once
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration || run.report_big_o || run.report_rms) continue;
    const std::string& name = NameOf(run);
    if (const std::optional<std::string> why = WhySkipped(run)) {
      if (messages.insert(*why).second) AppendSkipped(name, *why, &out);
    } else if (const std::string_view why_not = WhyNotCounted(run); !why_not.empty()) {
      AppendOutcome("error", name, why_not, &out);
    } else {
      AppendTimed(name, run, &units_, &out);
    }
  }
  WriteResults(out);
}

const std::string& GoReporter::NameOf(const Run& run) {
  const std::string gbench_name = run.run_name.str();
  const auto [entry, is_new] =
      given_.try_emplace({gbench_name, {run.family_index, run.per_family_instance_index}});
  if (!is_new) return entry->second;
  std::vector<std::string>& names = names_[gbench_name];
  if (names.empty()) {
    entry->second = result::RowNameOfGbench(gbench_name);
  } else {
    entry->second = names.front();
    names.erase(names.begin());
  }
  return entry->second;
}

ErrorWatch::ErrorWatch(benchmark::BenchmarkReporter& reporter,
                       std::set<std::string> omits_time_type)
    : reporter_(reporter), omits_time_type_(std::move(omits_time_type)) {
  SetOutputStream(&reporter.GetOutputStream());
  SetErrorStream(&reporter.GetErrorStream());
}

bool ErrorWatch::ReportContext(const Context& context) {
  // A file's are set on us, when it is open.
  reporter_.SetOutputStream(&GetOutputStream());
  reporter_.SetErrorStream(&GetErrorStream());
  return reporter_.ReportContext(context);
}

void ErrorWatch::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration) continue;
    const std::optional<std::string> why = WhySkipped(run);
    has_error_ |= why ? !why->starts_with(kNotApplicable) : !WhyNotCounted(run).empty();
  }
  if (omits_time_type_.empty()) return reporter_.ReportRuns(runs);
  std::vector<Run> renamed = runs;
  for (Run& run : renamed) {
    // A complexity is called by the function's name alone, and has none to lose.
    if (omits_time_type_.contains(run.run_name.str())) run.run_name.time_type.clear();
  }
  reporter_.ReportRuns(renamed);
}

void ErrorWatch::Finalize() {
  reporter_.Finalize();
}

}  // namespace tare::bench
