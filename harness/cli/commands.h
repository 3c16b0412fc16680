// SPDX-License-Identifier: Apache-2.0
// The subcommands of tare: one file and one line here each, and its call in main.cc.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"

namespace tare::cli {

// Each adds its subcommand to `line`, with what it does, which returns an ExitCode.
void AddCompareCommand(CommandLine& line);
void AddListCommand(CommandLine& line);
void AddRunCommand(CommandLine& line);
void AddGateCommand(CommandLine& line);
void AddBudgetCommand(CommandLine& line);
void AddExplainCommand(CommandLine& line);

// Compares files, "label=path" or a path, as `tare compare` does without options: prints the
// comparison and returns an ExitCode.
int CompareResultFiles(const std::vector<std::string>& files);

// Where the budgets are unless --budgets names another file: from the root of a repository.
inline constexpr char kDefaultBudgets[] = "results/budgets.toml";

}  // namespace tare::cli
