// SPDX-License-Identifier: Apache-2.0
// Selects the rows and hands them to the listing, to --counts-only, or to Google Benchmark.
#include "bench/run.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "bench/counts_only.h"
#include "bench/output.h"
#include "bench/reporters.h"
#include "bench/rows.h"

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
      case '\n':
        field += "\\n";
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

// Returns whether a row ended in an error.
bool TimeRows(const std::vector<Row>& rows, Flags::Format format) {
  GoReporter go(rows);
  ErrorWatch watch(format == Flags::Format::kGo ? static_cast<benchmark::BenchmarkReporter&>(go)
                                                : *benchmark::CreateDefaultDisplayReporter());
  if (format == Flags::Format::kGo) {
    for (const Row& row : rows) ShowEveryRepetition(*row.family->benchmark);
  }
  benchmark::RunSpecifiedBenchmarks(&watch);
  CheckResultsWritten();
  return watch.has_error();
}

}  // namespace

RunOutcome Run(const Flags& flags) {
  std::vector<Row> rows = AllRows();
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
  if (flags.list) {
    ListRows(rows);
    return {rows.size(), 0};
  }
  const bool has_error = flags.counts_only ? CountRows(rows, flags) : TimeRows(rows, flags.format);
  if (has_error) std::fprintf(stderr, "tare: at least one row failed or was not counted\n");
  return {rows.size(), has_error ? kExitRowFailed : 0};
}

}  // namespace tare::bench
