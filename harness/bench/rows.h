// SPDX-License-Identifier: Apache-2.0
// The rows of this program: every instance of every registered benchmark, under the name it has in
// results.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "bench/families.h"
#include "bench/instance.h"

namespace tare::bench {

struct Row {
  const Family* family = nullptr;  // valid until another benchmark is registered
  Instance instance;
  std::string gbench_name;  // what --benchmark_filter is matched against
  std::string name;         // in results
};

// All rows in order of registration, whatever the filter: a name does not depend on it.
std::vector<Row> AllRows();

// Takes from `rows` those that `filter` selects, by the rules of --benchmark_filter: a POSIX
// extended expression found anywhere in gbench_name; "" and "all" select all, a leading "-" the
// others. Returns what is wrong with the expression, or the empty string.
[[nodiscard]] std::string Select(std::string filter, std::vector<Row>* rows);

}  // namespace tare::bench
