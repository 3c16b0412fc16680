// SPDX-License-Identifier: Apache-2.0
// What a benchmark program does: list its rows, count them, or time and count them.
#pragma once

#include <cstddef>

#include "bench/flags.h"

namespace tare::bench {

constexpr int kExitRowFailed = 1;  // also: results could not be written
constexpr int kExitUsage = 2;

struct RunOutcome {
  size_t rows = 0;  // how many --benchmark_filter selected
  int exit_status = 0;
};

// Call it after Google Benchmark has read its flags. Says on standard error what went wrong.
RunOutcome Run(const Flags& flags);

}  // namespace tare::bench
