// SPDX-License-Identifier: Apache-2.0
// tare explain: from where a benchmark allocates, how often by operation, as text or folded stacks.
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/site_runs.h"
#include "cli/suite_options.h"
#include "gate/rational.h"

namespace tare::cli {
namespace {

struct ExplainOptions {
  SuiteOptions suites;
  std::string benchmark;
  bool folded = false;
};

std::string PerOp(int64_t total, const explain::SiteRun& run) {
  return gate::ToText({total, run.operations});
}

std::string Text(const std::string& name, const explain::SiteRun& run) {
  std::string text =
      absl::StrCat(name, ": ", PerOp(run.allocs, run), " allocs/op, ", PerOp(run.bytes, run),
                   " B/op: ", run.allocs, " allocations in ", run.operations, " operations, from ",
                   run.sites.size(), " sites\n");
  for (const explain::Site& site : run.sites) {
    const explain::Frame& culprit = site.Culprit();
    absl::StrAppend(&text, "\n", PerOp(site.allocs, run), " allocs/op, ", PerOp(site.bytes, run),
                    " B/op at ", PlaceOrName(culprit), "\n");
    for (const explain::Frame& frame : site.frames) {
      const std::string function = explain::ShortName(frame.function);
      absl::StrAppend(&text, &frame == &culprit ? "  > " : "    ",
                      function.empty() ? "?" : function, "  ", PlaceOrName(frame), "\n");
    }
  }
  if (run.Missing() != 0) {
    absl::StrAppend(&text, "\nnot explained: ", run.Missing(), " allocations, of which ", run.lost,
                    " found no room for their stacks\n");
  }
  return text;
}

class Explain {
 public:
  explicit Explain(const ExplainOptions& options) : options_(options) {}

  int Main() {
    const auto programs = options_.suites.Programs();
    if (!programs.ok()) return Fail(programs.status(), kUsage);
    bool fault = false;
    for (const BenchProgram& program : *programs) {
      const auto rows = ListRows(program, options_.suites.Timeout(), &interrupt_);
      if (interrupt_.signal() != 0) return kSignalBase + interrupt_.signal();
      if (!rows.ok()) {
        Complain(rows.status());
        fault = true;
        continue;
      }
      for (const ListedRow& row : *rows) {
        if (row.name == options_.benchmark) return ExplainRow(program, row);
      }
    }
    if (fault) return kFault;
    return Fail(absl::NotFoundError(absl::StrCat("no benchmark is called '", options_.benchmark,
                                                 "'; `tare list` shows them")),
                kUsage);
  }

 private:
  static int Fail(const absl::Status& status, int code) {
    Complain(status);
    return code;
  }

  int ExplainRow(const BenchProgram& program, const ListedRow& row) const {
    const auto runs = RunForSites(program, row, 0, options_.suites.Timeout(), &interrupt_);
    if (interrupt_.signal() != 0) return kSignalBase + interrupt_.signal();
    if (!runs.ok()) {
      return Fail(runs.status(), absl::IsInternal(runs.status()) || absl::IsDataLoss(runs.status())
                                     ? kFault
                                     : kCannotJudge);
    }
    for (const explain::SiteRun& run : *runs) {
      const std::string text =
          options_.folded ? explain::Folded(row.name, run) : Text(row.name, run);
      std::fputs(text.c_str(), stdout);
    }
    if (runs->size() > 1 && !options_.folded) {
      std::printf("\nThe two runs differ: the count is not stable.\n");
    }
    return kOk;
  }

  const ExplainOptions& options_;
  const Interrupt interrupt_;
};

}  // namespace

void AddExplainCommand(CommandLine& line) {
  auto options = std::make_shared<ExplainOptions>();
  Subcommand command = line.AddCommand(
      "explain", "Show from where a benchmark allocates: functions, files, lines, counts",
      kExplainExitHelp);
  command.AddOption("benchmark", options->benchmark, "Its name, as results have it")
      .Required()
      .Named("NAME");
  AddSuiteOptions(command, options->suites);
  command.AddFlag("--folded", options->folded,
                  "Print folded stacks, which flame graphs are drawn from");
  command.Does([options] { return Explain(*options).Main(); });
}

}  // namespace tare::cli
