// SPDX-License-Identifier: Apache-2.0
// The subcommands of tare: one file and one line here each, and its call in main.cc.
#pragma once

#include <CLI/CLI.hpp>

namespace tare::cli {

// Each adds its subcommand to `app`, with a callback that does the work and leaves an ExitCode in
// `exit_code`, which must outlive the parsing.
void AddCompareCommand(CLI::App& app, int& exit_code);
void AddListCommand(CLI::App& app, int& exit_code);
void AddRunCommand(CLI::App& app, int& exit_code);
void AddGateCommand(CLI::App& app, int& exit_code);
void AddBudgetCommand(CLI::App& app, int& exit_code);
void AddExplainCommand(CLI::App& app, int& exit_code);

// Where the budgets are unless --budgets names another file: from the root of a repository.
inline constexpr char kDefaultBudgets[] = "results/budgets.toml";

}  // namespace tare::cli
