// SPDX-License-Identifier: Apache-2.0
// tare list: the suites and their rows, which are quick, and which cannot run here and why.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/bench_program.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/suite_options.h"
#include "cli/text_table.h"

namespace tare::cli {
namespace {

void Print(const BenchProgram& program, const std::vector<ListedRow>& rows) {
  using Align = TextTable::Align;
  TextTable table({Align::kLeft, Align::kLeft});
  size_t quick = 0, absent = 0;
  for (const ListedRow& row : rows) {
    quick += row.quick ? 1 : 0;
    absent += row.absent.empty() ? 0 : 1;
    table.AddRowWithText({"  " + row.name, row.quick ? "quick" : ""},
                         row.absent.empty() ? "" : "absent: " + row.absent);
  }
  const std::string text = absl::StrCat(program.suite, ": ", rows.size(), " rows, ", quick,
                                        " quick, ", absent, " absent\n", table.Render());
  std::fputs(text.c_str(), stdout);
}

int List(const SuiteOptions& options) {
  const auto programs = options.Programs();
  if (!programs.ok()) {
    Complain(programs.status());
    return kUsage;
  }
  const Interrupt interrupt;
  int exit_code = kOk;
  for (const BenchProgram& program : *programs) {
    const auto rows = ListRows(program, options.Timeout(), &interrupt);
    if (interrupt.signal() != 0) return kSignalBase + interrupt.signal();
    if (rows.ok()) {
      Print(program, *rows);
    } else {
      Complain(rows.status());
      exit_code = kFault;
    }
  }
  return exit_code;
}

}  // namespace

void AddListCommand(CommandLine& line) {
  auto options = std::make_shared<SuiteOptions>();
  Subcommand command = line.AddCommand(
      "list", "Suites and their rows: which are quick, which cannot run here and why",
      kExitCodeHelp);
  AddSuiteOptions(command, *options);
  command.Does([options] { return List(*options); });
}

}  // namespace tare::cli
