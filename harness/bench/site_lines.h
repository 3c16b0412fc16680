// SPDX-License-Identifier: Apache-2.0
// The sites of a counted run as comments of the result format: what `tare explain` reads.
//
//   # module 0x<base> <path>                                 once, of every module of the process
//   # sites <name>: <run> <operations> <allocs> <bytes> <lost>        the totals that were counted
//   # site <name>: <run> <allocs> <bytes> 0x<return address> ...      a stack, the innermost first
//
// And of a run that left something behind:
//
//   # held <name>: <live-B> <fds-left> <usable bytes of older blocks that it freed> <lost blocks>
//   # block <name>: <blocks> <usable bytes> 0x<return address> ...    who allocated what still
//   lives # descriptor <name>: <number> <what it is> 0x<return address> ... who opened it; no
//   address: unseen
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/left_behind.h"

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

// Watches a run, for what it leaves behind. Allocates nothing that it keeps.
class HeldWatch {
 public:
  void Start();
  static void Stop();
  // What lives and is open now, of what began during the watch; `left` is what such a run was
  // counted to leave, unwatched.
  void Append(std::string_view name, const Holdings& left, std::string* out) const;

 private:
  static constexpr size_t kDescriptors = 4096;
  std::bitset<kDescriptors> open_before_;
};

}  // namespace tare::bench
