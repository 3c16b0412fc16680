// SPDX-License-Identifier: Apache-2.0
// What is judged: the rows of one file of results, each with what it cost or why that is not known.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gate/budget.h"
#include "result/read_text.h"

namespace tare::gate {

struct Measured {
  enum class State { kCounted, kAbsent, kUnstable, kFailed };

  std::string name;
  State state = State::kCounted;
  std::string reason;  // of all states but kCounted
  int64_t line = 0;    // of its first row; 0: it has none
  int64_t iterations = 0;
  // What the file says, and as an exact total; a value without one is no whole number.
  std::array<std::optional<double>, kMetricCount> values;
  std::array<std::optional<Rational>, kMetricCount> costs;
  // Of an unstable row: what the two runs gave, the smaller one first, as far as it is said.
  std::array<std::optional<std::pair<Rational, Rational>>, kMetricCount> between;
};

struct Evidence {
  std::string source;  // a file, or the program that was just run
  bool fresh = false;  // not read from a file: lines of `source` mean nothing to anybody
  result::Config config;
  std::vector<Measured> rows;  // one a name
  // Units that could not be counted where the results were taken, each with the reason.
  std::vector<std::pair<std::string, std::string>> not_applicable;
  // Values that were left out of rows which were kept: "<file>:<line>: <what>". No fault.
  std::vector<std::string> remarks;
  std::vector<std::string> faults;  // of the file: "<file>:<line>: <what>"

  const Measured* Find(absl::string_view name) const;
  // "<file>:<line>", or the source alone.
  std::string Where(const Measured& row) const;
};

// Of the first line of a name each unit is taken: exact units have one value (see result/check.h),
// the others are ceilings counted once.
Evidence EvidenceOf(const result::ReadOutcome& outcome, const std::string& source);

// Reads text of either format and looks for faults.
Evidence ReadEvidence(absl::string_view text, const std::string& file);

}  // namespace tare::gate
