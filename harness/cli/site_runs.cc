// SPDX-License-Identifier: Apache-2.0
// One counting process with --tare_sites, judged as every other, and its sites read.
#include "cli/site_runs.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/placement.h"
#include "cli/process.h"
#include "cli/row_output.h"

namespace tare::cli {

absl::StatusOr<std::vector<explain::SiteRun>> RunForSites(const BenchProgram& program,
                                                          const ListedRow& row, int64_t iterations,
                                                          std::chrono::milliseconds timeout,
                                                          const Interrupt* interrupt) {
  if (!row.absent.empty()) {
    return absl::NotFoundError(absl::StrCat(row.name, " is absent here: ", row.absent));
  }
  Command command;
  command.argv = CountsCommand(program, row, {iterations, "", true});
  command.timeout = timeout;
  command.cpus = PlacementByName().Of(row.name);
  const ProcessEnd end = RunProcess(command, interrupt);
  if (end.how == ProcessEnd::How::kInterrupted) return absl::CancelledError(end.Describe());
  const RowOutput output =
      JudgeOutput(end, Pass::kCounts, row.name, absl::StrCat(program.FileName(), " output"));
  if (output.kind == RowOutput::Kind::kFailed) {
    return absl::InternalError(absl::StrCat(row.name, ": ", output.reason));
  }
  if (output.kind == RowOutput::Kind::kAbsent) {
    return absl::NotFoundError(absl::StrCat(row.name, " is absent here: ", output.reason));
  }
  auto runs = explain::ReadSites(output.sites, row.name);
  if (runs.ok() && runs->empty()) {
    return absl::InternalError(
        absl::StrCat(row.name, ": ", program.FileName(), " printed nothing about sites"));
  }
  return runs;
}

}  // namespace tare::cli
