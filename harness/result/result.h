// SPDX-License-Identifier: Apache-2.0
// A file of results in memory: rows of measured values under one configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "result/unit.h"

namespace tare::result {

struct Value {
  double value = 0;  // per operation where the unit ends in "/op"
  std::string unit;

  bool operator==(const Value&) const = default;
};

// One line of results: what `iterations` operations of the benchmark `name` cost.
struct Row {
  std::string name;  // without the leading "Benchmark"
  int64_t iterations = 0;
  std::vector<Value> values;  // a unit may occur more than once, as in Go's format

  // The first value of `unit`, or null.
  const double* Find(std::string_view unit) const;
  bool operator==(const Row&) const = default;
};

// `key: value` lines: what must be equal for two files to be compared. Keeps the order of the file.
class Config {
 public:
  using Entry = std::pair<std::string, std::string>;

  // Sets `key`, in its old place if it has one; an empty value removes it.
  void Set(std::string_view key, std::string_view value);
  // Null if not set.
  const std::string* Find(std::string_view key) const;

  const std::vector<Entry>& entries() const { return entries_; }
  bool operator==(const Config&) const = default;

 private:
  std::vector<Entry> entries_;
};

struct ResultFile {
  // Lines starting with '#', without "# ". Those before the first row in `head`.
  std::vector<std::string> head;
  Config config;
  Units units;
  std::vector<Row> rows;
  std::vector<std::string> notes;  // '#' lines after the first row
};

// The integer that was divided by `iterations` to give `per_op`, or nothing if there is none: exact
// counts are totals over a number of operations, and the total is never lost by the division.
std::optional<int64_t> IntegerTotal(double per_op, int64_t iterations);

}  // namespace tare::result
