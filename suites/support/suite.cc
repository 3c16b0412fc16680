// SPDX-License-Identifier: Apache-2.0
// Registers the rows of a scenario with Google Benchmark, in their order.
#include "suites/support/suite.h"

namespace tare::suites {
namespace {

// Threads wait for each other and for the kernel: wall time is what an operation takes, and the CPU
// time of the whole process what it costs.
void Finish(const Row& row, bool quick, tare::RegisteredBenchmark* b) {
  b->UseRealTime()->MeasureProcessCPUTime();
  OmitTimeType(b);
  if (row["threads"] != 1) b->Threads(static_cast<int>(row["threads"]));
  if (quick) MarkQuick(b);
}

}  // namespace

void SuiteRows::Add(std::vector<Row> rows, bool quick) {
  for (Row& row : rows) lines_.push_back({std::move(row), quick});
}

void SuiteRows::RegisterAll() const {
  for (const Line& line : lines_) {
    for (const Column& column : columns_) RegisterOne(line, column);
  }
  for (const Line& line : mode_lines_) {
    for (const Column& column : mode_columns_) RegisterOne(line, column);
  }
}

void SuiteRows::RegisterOne(const Line& line, const Column& column) const {
  if (column.on != nullptr && !column.on(line.row)) return;
  const bool quick = line.quick && (column.quick == nullptr || column.quick(line.row));
  const std::string name = line.row.Name(scenario_, column.variant, column.backend, column.mode);
  std::string reason = column.absent;
  if (column.timed.time != nullptr) {
    if (const char* why = column.timed.why_not()) reason = why;
  }
  if (!reason.empty()) {
    Finish(line.row, quick, RegisterAbsent(name, reason));
    return;
  }
  const Row row = line.row.With(always_);
  auto* b = benchmark::RegisterBenchmark(
      name.c_str(), [time = column.timed.time, row](benchmark::State& s) { time(s, row); });
  FixCountedIterations(b, column.timed.counted(row));
  Finish(line.row, quick, b);
}

}  // namespace tare::suites
