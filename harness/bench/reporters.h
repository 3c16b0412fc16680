// SPDX-License-Identifier: Apache-2.0
// What receives the runs of Google Benchmark: the text of results, and a watch over any reporter.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/go_text.h"
#include "bench/rows.h"

namespace tare::bench {

// Prints Go's benchmark format to standard output, a row a repetition; aggregates are not rows.
class GoReporter final : public benchmark::BenchmarkReporter {
 public:
  // `rows`: those that will run.
  explicit GoReporter(const std::vector<Row>& rows);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;

 private:
  const std::string& NameOf(const Run& run);

  // By Google Benchmark's name, which several benchmarks may share: in order of registration.
  std::map<std::string, std::vector<std::string>> names_;
  // By name and by Google Benchmark's index of family and of instance in it.
  std::map<std::pair<std::string, std::pair<int64_t, int64_t>>, std::string> given_;
  SplitUnits units_;
};

// Hands everything on to `reporter` and remembers whether a row ended in an error. Runs of the
// benchmarks `omits_time_type`, by Google Benchmark's names, lose process_time, real_time and
// manual_time out of theirs.
class ErrorWatch final : public benchmark::BenchmarkReporter {
 public:
  ErrorWatch(benchmark::BenchmarkReporter& reporter, std::set<std::string> omits_time_type);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

  bool has_error() const { return has_error_; }

 private:
  benchmark::BenchmarkReporter& reporter_;
  const std::set<std::string> omits_time_type_;
  bool has_error_ = false;
};

}  // namespace tare::bench
