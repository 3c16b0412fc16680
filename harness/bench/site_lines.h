// SPDX-License-Identifier: Apache-2.0
// The sites of a counted run as comments of the result format: what `tare explain` reads.
//
//   # module 0x<base> <path>                                 once, of every module of the process
//   # sites <name>: <run> <operations> <allocs> <bytes> <lost>        the totals that were counted
//   # site <name>: <run> <allocs> <bytes> 0x<return address> ...      a stack, the innermost first
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tare::bench {

void AppendModules(std::string* out);

// The totals of one run, as it was counted: what its sites add up to unless some were lost.
struct CountedTotals {
  int64_t operations = 0;
  int64_t allocs = 0;
  int64_t bytes = 0;
};

// What was recorded since ClearSites, in the run number `run`.
void AppendSites(std::string_view name, int run, const CountedTotals& totals, std::string* out);

}  // namespace tare::bench
