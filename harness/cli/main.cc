// SPDX-License-Identifier: Apache-2.0
// The tare command: its subcommands, and a last look at what was printed.
#include <csignal>
#include <cstdio>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/compare_benchstat.h"
#include "cli/exit_code.h"

namespace tare::cli {
namespace {

int Main(int argc, char** argv) {
  CommandLine line("tare", "Weighs allocation-free network I/O: allocations and time an operation.",
                   "tare " TARE_VERSION, kExitCodeHelp);
  AddCompareCommand(line);
  AddListCommand(line);
  AddRunCommand(line);
  AddGateCommand(line);
  AddBudgetCommand(line);
  AddExplainCommand(line);

  // Whoever reads the tables may leave early: results are files, and the run goes on.
  std::signal(SIGPIPE, SIG_IGN);

  int exit_code = line.Run(argc, argv);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("tare: standard output could not be written\n", stderr);
    // A signal's status says more: whoever sent it closed the pipe as well.
    if (exit_code != kUsage && exit_code < kSignalBase) exit_code = kFault;
  }
  return exit_code;
}

}  // namespace
}  // namespace tare::cli

int main(int argc, char** argv) {
  if (tare::cli::AsksForBenchstat(argc, argv)) {
    return tare::cli::CompareAsBenchstat({argv + 3, argv + argc});
  }
  return tare::cli::Main(argc, argv);
}
