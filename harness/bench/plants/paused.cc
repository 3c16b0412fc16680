// SPDX-License-Identifier: Apache-2.0
// An unmodified Google Benchmark program: PauseTiming and ResumeTiming, under BENCHMARK_MAIN().
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace {

// The vector to be sorted is made anew each time, while the timer stands still: nothing is counted.
void Sort(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<int64_t> values(static_cast<size_t>(state.range(0)));
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(i * 7919 % 1000);
    state.ResumeTiming();
    std::sort(values.begin(), values.end());
    benchmark::DoNotOptimize(values.data());
    state.PauseTiming();
    values = {};
    state.ResumeTiming();
  }
}
BENCHMARK(Sort)->Range(8, 64);

// One block before each pause, seven in it, one after it, in each of the threads: two are counted.
void Around(benchmark::State& state) {
  const auto allocate = [] { benchmark::DoNotOptimize(std::make_unique<int64_t>().get()); };
  for (auto _ : state) {
    allocate();
    state.PauseTiming();
    for (int i = 0; i < 7; ++i) allocate();
    state.ResumeTiming();
    allocate();
  }
}
BENCHMARK(Around)->Threads(1)->Threads(3);

}  // namespace

BENCHMARK_MAIN();
