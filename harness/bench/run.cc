// SPDX-License-Identifier: Apache-2.0
// Selects the rows and hands them to the listing, to --counts-only, or to Google Benchmark.
#include "bench/run.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bench/counts_only.h"
#include "bench/environment.h"
#include "bench/output.h"
#include "bench/reporters.h"
#include "bench/rows.h"
#include "bench/window.h"

namespace tare::bench {
namespace {

// A field of a line of tab-separated values.
std::string Field(std::string_view text) {
  std::string field;
  for (const char c : text) {
    switch (c) {
      case '\t':
        field += "\\t";
        break;
      case '\\':
        field += "\\\\";
        break;
      default:
        field += c;
    }
  }
  return field;
}

void ListRows(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) {
    out += Field(row.gbench_name) + '\t' + row.name + '\t' +
           (row.family->quick ? "quick" : "full") + '\t' + Field(row.family->absent) + '\n';
  }
  WriteResults(out);
}

// For whoever reads Google Benchmark's JSON: what the text of results says of the machine.
void DescribeEnvironment() {
  for (const auto& [key, value] : Environment()) benchmark::AddCustomContext(key, value);
}

// Returns whether a row ended in an error.
bool TimeRows(const std::vector<Row>& rows, const Flags& flags) {
  const bool is_go = flags.format == Flags::Format::kGo;
  std::set<std::string> omits_time_type;
  for (const Row& row : rows) {
    if (row.family->omits_time_type) omits_time_type.insert(row.gbench_name);
  }
  GoReporter go(rows);
  ErrorWatch watch(is_go ? static_cast<benchmark::BenchmarkReporter&>(go)
                         : *benchmark::CreateDefaultDisplayReporter(),
                   is_go ? std::set<std::string>() : omits_time_type);
  if (is_go) {
    for (const Row& row : rows) ShowEveryRepetition(*row.family->benchmark);
    TimeOtherThreads(true);
  }
  DescribeEnvironment();
  std::optional<HideOthers> alone;
  if (!flags.row.empty()) {
    std::vector<RegisteredBenchmark*> all;
    for (const Family& family : Families::All().list()) all.push_back(family.benchmark);
    alone.emplace(all, *rows.front().family->benchmark, rows.front().instance);
  }
  if (flags.writes_json && !omits_time_type.empty()) {
    benchmark::JSONReporter json;
    ErrorWatch file(json, omits_time_type);
    benchmark::RunSpecifiedBenchmarks(&watch, &file);
  } else {
    benchmark::RunSpecifiedBenchmarks(&watch);
  }
  CheckResultsWritten();
  return watch.has_error();
}

// What is wrong with the names that were registered, or the empty string.
std::string FaultOfNames(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    if (row.gbench_name.find_first_of("\r\n") == std::string::npos) continue;
    std::string shown;
    for (const char c : row.gbench_name)
      shown += c == '\n' ? "\\n" : c == '\r' ? "\\r" : std::string(1, c);
    return "the benchmark '" + shown +
           "' is registered under a name with a line end in it, which results cannot hold; rename "
           "it";
  }
  return "";
}

}  // namespace

RunOutcome Run(const Flags& flags) {
  std::vector<Row> rows = AllRows();
  if (const std::string fault = FaultOfNames(rows); !fault.empty()) {
    std::fprintf(stderr, "tare: %s\n", fault.c_str());
    return {0, kExitUsage};
  }
  const std::string filter = benchmark::GetBenchmarkFilter();
  if (const std::string error = Select(filter, &rows); !error.empty()) {
    std::fprintf(stderr, "tare: --benchmark_filter=%s: %s\n", filter.c_str(), error.c_str());
    return {0, kExitUsage};
  }
  if (rows.empty()) {
    if (filter.empty()) {
      std::fprintf(stderr, "tare: this program has no benchmarks\n");
    } else {
      std::fprintf(stderr,
                   "tare: --benchmark_filter=%s selects no benchmark; --tare_list lists them\n",
                   filter.c_str());
    }
    return {0, kExitUsage};
  }
  if (!flags.row.empty()) {
    std::erase_if(rows, [&](const Row& row) { return row.name != flags.row; });
    if (rows.empty()) {
      std::fprintf(stderr, "tare: --tare_row=%s: no such row is selected; --tare_list lists them\n",
                   flags.row.c_str());
      return {0, kExitUsage};
    }
  }
  if (flags.list) {
    ListRows(rows);
    return {rows.size(), 0};
  }
  const bool has_error = flags.counts_only ? CountRows(rows, flags) : TimeRows(rows, flags);
  if (has_error) std::fprintf(stderr, "tare: at least one row failed or was not counted\n");
  return {rows.size(), has_error ? kExitRowFailed : 0};
}

}  // namespace tare::bench
