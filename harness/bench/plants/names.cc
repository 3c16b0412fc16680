// SPDX-License-Identifier: Apache-2.0
// A Google Benchmark program with its main from BENCHMARK_MAIN() and names that are hard to write
// down.
#include <benchmark/benchmark.h>

#include <map>

namespace {

void Nothing(benchmark::State& state) {
  for (auto _ : state) {
  }
}

template <typename T>
void Templated(benchmark::State& state) {
  for (auto _ : state) {
    T value{};
    benchmark::DoNotOptimize(value);
  }
}

BENCHMARK(Nothing);
BENCHMARK(Nothing)->UseRealTime();  // the same name in results
BENCHMARK(Nothing)->Threads(1);     // and once more
BENCHMARK(Nothing);                 // the same name in Google Benchmark as well
BENCHMARK_TEMPLATE(Templated, std::map<int, long>);
BENCHMARK(Nothing)->Name("tab\tand  spaces")->Arg(-3);
BENCHMARK(Nothing)->Name("a:b")->ArgNames({"x:y", ""})->Args({1, 2});
BENCHMARK(Nothing)
    ->Name("decorated")
    ->MinTime(0.001)
    ->MinWarmUpTime(0.001)
    ->Repetitions(1)
    ->MeasureProcessCPUTime()
    ->UseManualTime();
BENCHMARK(Nothing)->Name("DISABLED_not_here");
BENCHMARK(Nothing)->Name("fixed")->Iterations(3)->UseRealTime()->Threads(2);

}  // namespace

BENCHMARK_MAIN();
