// SPDX-License-Identifier: Apache-2.0
// A program that keeps its own main and reporter, and has a Meter in some of its benchmarks.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>

#include "tare/account.h"
#include "tare/google_benchmark.h"
#include "tare/meter.h"

namespace {

void Allocate(int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const std::unique_ptr<char[]> block(new char[16]);
    benchmark::DoNotOptimize(block.get());
  }
}

void Metered(benchmark::State& state) {
  Allocate(160);
  const tare::Meter meter(state);
  Allocate(160);
  for (auto _ : state) {
    Allocate(2);
    state.PauseTiming();
    Allocate(3);
    state.ResumeTiming();
  }
  Allocate(160);
}
BENCHMARK(Metered)->Threads(1)->Threads(2)->Threads(4);

// A trip to a library in between: 2 of ours, 1 of its.
void Split(benchmark::State& state) {
  const tare::Meter meter(state, tare::Meter::kLibraryApart);
  for (auto _ : state) {
    Allocate(2);
    const tare::LibraryScope library;
    Allocate(1);
  }
}
BENCHMARK(Split);

void Unmetered(benchmark::State& state) {
  for (auto _ : state) Allocate(1);
}
BENCHMARK(Unmetered);

void Skipped(benchmark::State& state) {
  const tare::Meter meter(state);
  state.SkipWithError("skipped");
}
BENCHMARK(Skipped);

// A line a run: what any reporter sees.
class Reporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (tare::google_benchmark::SkipOf(run) != tare::google_benchmark::Skip::kNo) {
        std::printf("# error %s: %s\n", run.benchmark_name().c_str(),
                    tare::google_benchmark::SkipMessageOf(run).c_str());
        continue;
      }
      std::printf("Benchmark%s %lld %.17g own-ns", run.benchmark_name().c_str(),
                  static_cast<long long>(run.iterations), run.GetAdjustedRealTime());
      for (const auto& [unit, counter] : run.counters) {
        std::printf(" %.17g %s", counter.value, unit.c_str());
      }
      std::printf("\n");
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  Reporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
}
