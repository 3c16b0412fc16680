// SPDX-License-Identifier: Apache-2.0
// One line of results with the configuration in force there: what filters and projections look at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "table/symbols.h"

namespace tare::table {

struct ConfigEntry {
  Symbol key = 0;
  Symbol value = 0;
  bool of_file = true;  // false: set by the reader, such as .file, and no part of .config
};

struct Measurement {
  double value = 0;
  Symbol unit = 0;
  Symbol written_unit = 0;  // as the file has it, where `unit` is another; else 0
};

struct ResultLine {
  std::string name;     // without "Benchmark"
  uint32_t source = 0;  // which of the files it stands in, from 0
  std::vector<ConfigEntry> config;
  std::vector<Measurement> values;

  // The value of `key`, 0 if it is not set.
  Symbol Config(Symbol key) const {
    for (const ConfigEntry& entry : config) {
      if (entry.key == key) return entry.value;
    }
    return 0;
  }
};

}  // namespace tare::table
