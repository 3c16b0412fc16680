// SPDX-License-Identifier: Apache-2.0
// The head, the rows and the comments that a benchmark program prints in Go's benchmark format.
#pragma once

#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <string_view>

#include "bench/window.h"
#include "result/result.h"

namespace tare::bench {

enum class Measures { kTimesAndCounts, kCountsOnly };

// A comment with the provenance, the environment, the units. Where nothing is counted, a comment
// says why and the units are left out.
void AppendHead(Measures measures, std::string* out);

// "# <kind> <name>: <text>", on one line whatever the text holds.
void AppendOutcome(std::string_view kind, std::string_view name, std::string_view text,
                   std::string* out);

// Why `run` was skipped, if it was. Where that is no error the text starts with kNotApplicable,
// whether the benchmark wrote so or used State::SkipWithMessage.
std::optional<std::string> WhySkipped(const benchmark::BenchmarkReporter::Run& run);

// A run that was skipped: absent or error. Returns whether it is an error.
bool AppendSkipped(std::string_view name, std::string_view message, std::string* out);

// The lines of the units that split allocations (meter.h), before the first row that has them: most
// files have none.
class SplitUnits {
 public:
  // Once; from the second time on nothing.
  void Announce(std::string* out);

 private:
  bool announced_ = false;
};

// Whether `run` carries all the counters that split.
bool Splits(const benchmark::BenchmarkReporter::Run& run);

// A run that was timed: its row, its label, what was left out of it.
void AppendTimed(std::string_view name, const benchmark::BenchmarkReporter::Run& run,
                 SplitUnits* units, std::string* out);

// Why the counts that `run` ought to carry are not in it; empty if they are, or nothing is counted.
std::string_view WhyNotCounted(const benchmark::BenchmarkReporter::Run& run);

// Why nothing is counted in this process; empty if something is.
std::string_view WhyNothingIsCounted();

}  // namespace tare::bench
