// SPDX-License-Identifier: Apache-2.0
// Declares --suite, --bin-dir and --timeout, and finds the programs that they mean.
#include "cli/suite_options.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>

namespace tare::cli {

std::chrono::milliseconds SuiteOptions::Timeout() const {
  return std::chrono::milliseconds(static_cast<int64_t>(std::ceil(timeout_seconds * 1000)));
}

absl::StatusOr<std::vector<BenchProgram>> SuiteOptions::Programs() const {
  auto programs = FindBenchPrograms(bin_dir);
  return programs.ok() ? SelectSuites(*programs, suites) : programs;
}

void AddSuiteOptions(CLI::App& command, SuiteOptions& options) {
  command.add_option("--suite", options.suites, "A suite to take; repeat for more (default: all)")
      ->allow_extra_args(false)
      ->type_name("SUITE");
  command
      .add_option("--bin-dir", options.bin_dir,
                  "Where the bench programs are (default: beside tare)")
      ->type_name("DIR");
  command
      .add_option("--timeout", options.timeout_seconds,
                  "Seconds after which a bench process counts as hung (default: 60)")
      ->check(CLI::Range(0.1, 86400.0))
      ->type_name("SECONDS");
}

void Complain(const absl::Status& status) {
  std::fprintf(stderr, "tare: %s\n", std::string(status.message()).c_str());
}

}  // namespace tare::cli
