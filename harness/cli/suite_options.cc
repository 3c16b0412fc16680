// SPDX-License-Identifier: Apache-2.0
// Declares --suite, --exe, --bin-dir and --timeout, and finds the programs that they mean.
#include "cli/suite_options.h"

#include <cmath>
#include <cstdio>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "cli/printable.h"
#include "result/number.h"

namespace tare::cli {

std::chrono::milliseconds SuiteOptions::Timeout() const {
  return std::chrono::milliseconds(static_cast<int64_t>(std::ceil(timeout_seconds * 1000)));
}

absl::StatusOr<std::vector<BenchProgram>> SuiteOptions::Programs() const {
  absl::StatusOr<std::vector<BenchProgram>> programs = std::vector<BenchProgram>();
  if (!OnlyExes()) {
    programs = FindBenchPrograms(bin_dir);
    if (programs.ok()) programs = SelectSuites(*programs, suites);
    if (!programs.ok()) return programs;
  }
  for (const std::string& exe : exes) {
    const auto program = ProgramInFile(exe);
    if (!program.ok()) return program.status();
    programs->push_back(*program);
  }
  // Each gets a file of results by its name.
  absl::flat_hash_map<std::string, std::string> paths;
  for (const BenchProgram& program : *programs) {
    const auto [other, is_new] = paths.emplace(program.suite, program.path);
    if (is_new) continue;
    return absl::InvalidArgumentError(absl::StrCat("two programs are called '", program.suite,
                                                   "': ", other->second, " and ", program.path,
                                                   "; run them one after the other"));
  }
  return programs;
}

void AddSuiteOptions(Subcommand command, SuiteOptions& options) {
  command.AddOption("--suite", options.suites, "A suite to take; repeat for more (default: all)")
      .OneEachTime()
      .Named("SUITE");
  command
      .AddOption("--exe", options.exes,
                 "A Google Benchmark program of your own, linked with tare::benchmem_main; repeat "
                 "for more. Suites are taken only if --suite names them")
      .OneEachTime()
      .Named("FILE");
  command
      .AddOption("--bin-dir", options.bin_dir,
                 "Where the bench programs are (default: beside tare)")
      .Named("DIR");
  command
      .AddOption("--timeout", options.timeout_seconds,
                 "Seconds after which a bench process counts as hung (default: 60)")
      .Within(0.1, 86400.0)
      .Named("SECONDS");
}

Check IsDate() {
  return {[](const std::string& text) {
    // Compared as text later on, so that nothing but this form will do.
    absl::CivilDay day;
    const bool is_day = absl::ParseCivilTime(text, &day) && absl::FormatCivilTime(day) == text;
    return is_day ? std::string() : "no day, such as 2026-11-21: " + text;
  }};
}

Check Between(const std::string& least, const std::string& most) {
  return {[least, most](const std::string& text) -> std::string {
            double value = 0, low = 0, high = 0;
            (void)result::ParseDouble(least, &low);
            (void)result::ParseDouble(most, &high);
            const bool is_number = result::ParseDouble(text, &value) == result::NumberError::kNone;
            if (is_number && value >= low && value <= high) return "";  // NaN is neither
            return absl::StrCat(Quoted(text), " is no number from ", least, " to ", most);
          },
          "NUMBER"};
}

Check IsNotEmpty() {
  return {[](const std::string& text) {
    return text.empty() ? std::string("it is empty") : std::string();
  }};
}

void Complain(const absl::Status& status) {
  std::fprintf(stderr, "tare: %s\n", std::string(status.message()).c_str());
}

}  // namespace tare::cli
