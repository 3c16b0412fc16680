// SPDX-License-Identifier: Apache-2.0
// The tare command: parses the command line and hands over to a subcommand.
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/compare_benchstat.h"
#include "cli/exit_code.h"

namespace tare::cli {
namespace {

// CLI11's words for what it could not make sense of, in the form of all our messages.
std::string Misuse(const CLI::App* app, const CLI::Error& error) {
  const std::vector<CLI::App*> named = app->get_subcommands();
  const std::string command =
      named.empty() ? app->get_name() : app->get_name() + " " + named.front()->get_name();
  return "tare: " + std::string(error.what()) + "; `" + command + " --help` helps\n";
}

int Main(int argc, char** argv) {
  CLI::App app("Weighs allocation-free network I/O: allocations and time an operation.", "tare");
  app.set_version_flag("--version", "tare " TARE_VERSION);
  app.footer(kExitCodeHelp);
  app.require_subcommand(0, 1);  // none is for us to refuse: CLI11 would not name an unknown one
  app.failure_message(Misuse);

  // Whoever reads the tables may leave early: results are files, and the run goes on.
  std::signal(SIGPIPE, SIG_IGN);

  int exit_code = kOk;
  AddCompareCommand(app, exit_code);
  AddListCommand(app, exit_code);
  AddRunCommand(app, exit_code);
  AddGateCommand(app, exit_code);
  AddBudgetCommand(app, exit_code);
  AddExplainCommand(app, exit_code);
  for (CLI::App* command : app.get_subcommands({})) {
    const std::string& name = command->get_name();
    command->footer(name == "compare"  ? kCompareExitHelp
                    : name == "gate"   ? kGateExitHelp
                    : name == "budget" ? kBudgetExitHelp
                                       : kExitCodeHelp);
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has exit statuses of its own; help and version count as success.
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  if (app.get_subcommands().empty()) {
    std::fprintf(stderr, "tare: a subcommand is required\n\n%s", app.help().c_str());
    return kUsage;
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("tare: standard output could not be written\n", stderr);
    if (exit_code == kOk) exit_code = kFault;
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
