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
  bool all_frames = false;
};

std::string PerOp(int64_t total, const explain::SiteRun& run) {
  return gate::ToText({total, run.operations});
}

void AppendStack(const explain::Site& site, bool all_frames, std::string* text) {
  for (const explain::StackLine& line : site.Stack(!all_frames)) {
    absl::StrAppend(text, line.guilty ? "  > " : "    ", line.text, "\n");
  }
}

void AppendHeld(const explain::Held& held, bool all_frames, std::string* text) {
  absl::StrAppend(text, "\nleft behind: ", held.bytes, " live-B, ", held.descriptors,
                  " fds-left\n");
  for (const explain::Site& site : held.blocks) {
    absl::StrAppend(text, "\n", explain::CostOfBlocks(site), " at ",
                    explain::PlaceOrName(site.Culprit()), "\n");
    AppendStack(site, all_frames, text);
  }
  for (const explain::Held::Descriptor& descriptor : held.opened) {
    absl::StrAppend(text, "\ndescriptor ", descriptor.number, ", ", descriptor.what, ", ");
    if (descriptor.opened_at.frames.empty()) {
      absl::StrAppend(text, explain::kOpenedUnseen, "\n");
      continue;
    }
    absl::StrAppend(text, "opened at ", explain::PlaceOrName(descriptor.opened_at.Culprit()), "\n");
    AppendStack(descriptor.opened_at, all_frames, text);
  }
  if (const std::string rest = held.WhatIsNotShown(); !rest.empty()) {
    absl::StrAppend(text, "\n", rest, "\n");
  }
}

std::string Text(const std::string& name, const explain::SiteRun& run, bool all_frames) {
  std::string text =
      absl::StrCat(name, ": ", PerOp(run.allocs, run), " allocs/op, ", PerOp(run.bytes, run),
                   " B/op: ", run.allocs, " allocations in ", run.operations, " operations, from ",
                   run.sites.size(), " sites\n");
  for (const explain::Site& site : run.sites) {
    const explain::Frame& culprit = site.Culprit();
    absl::StrAppend(&text, "\n", PerOp(site.allocs, run), " allocs/op, ", PerOp(site.bytes, run),
                    " B/op at ", explain::PlaceOrName(culprit), "\n");
    AppendStack(site, all_frames, &text);
  }
  if (run.held.has_value()) AppendHeld(*run.held, all_frames, &text);
  if (const std::string why = run.WhyNoLines(); !why.empty()) {
    absl::StrAppend(&text, "\n", why, "\n");
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
      const std::string text = options_.folded ? explain::Folded(row.name, run)
                                               : Text(row.name, run, options_.all_frames);
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
  command.AddFlag("--all-frames", options->all_frames,
                  "Show each frame of the standard library and of the system's headers, too");
  command.Does([options] { return Explain(*options).Main(); });
}

}  // namespace tare::cli
