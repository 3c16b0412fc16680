// SPDX-License-Identifier: Apache-2.0
// The options that all subcommands share which run bench programs.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/bench_program.h"
#include "cli/command_line.h"

namespace tare::cli {

struct SuiteOptions {
  std::vector<std::string> suites;  // empty: all, or none where there are `exes`
  std::vector<std::string> exes;    // files
  std::string bin_dir = OwnDirectory();
  double timeout_seconds = 60;

  std::chrono::milliseconds Timeout() const;
  // Whether only strangers' programs are meant, and no directory is looked into.
  bool OnlyExes() const { return !exes.empty() && suites.empty(); }
  // The bench programs meant; what is wrong with the options otherwise.
  absl::StatusOr<std::vector<BenchProgram>> Programs() const;
};

// Adds --suite, --exe, --bin-dir and --timeout to `command`; `options` must outlive the parsing.
void AddSuiteOptions(Subcommand command, SuiteOptions& options);

// A check for options that take a day: "2026-11-21", in these digits alone.
Check IsDate();

// A check for options that take a number, written as the bounds are. CLI11's own lets NaN through,
// and prints bounds with six places.
Check Between(const std::string& least, const std::string& most);

// A check for options that take a name: an empty one is a variable that was not set.
Check IsNotEmpty();

// "tare: <message>" on standard error.
void Complain(const absl::Status& status);

}  // namespace tare::cli
