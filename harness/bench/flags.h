// SPDX-License-Identifier: Apache-2.0
// The flags that tare::benchmem_main adds to Google Benchmark's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/plant.h"

namespace tare::bench {

struct Flags {
  enum class Format { kGo, kGbench };
  Format format = Format::kGo;
  bool counts_only = false;
  bool list = false;
  std::vector<Plant> plants;       // in the order given
  std::string row;                 // the only one, by its name in results; empty: as filtered
  bool writes_json = false;        // to a file, as Google Benchmark's flags say
  bool sites = false;              // record where memory is allocated
  bool peak = false;               // the most bytes that are alive at once
  int64_t counted_iterations = 0;  // of all threads; 0: each row has its own number
  std::string min_time;            // the flag as Google Benchmark gets it; empty: not given
};

// Takes our flags out of argv, with null after the last that is left, and writes
// --benchmark_min_time as this version of Google Benchmark wants it: then argv points into `flags`.
// Returns what is wrong with the flags, naming the one, or the empty string.
[[nodiscard]] std::string TakeFlags(int* argc, char** argv, Flags* flags);

extern const char kFlagsHelp[];  // what --help says of them

}  // namespace tare::bench
