// SPDX-License-Identifier: Apache-2.0
// One name twice, by arguments that overlap.
#include <benchmark/benchmark.h>

static void Work(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(state.range(0));
}
BENCHMARK(Work)->Range(8, 64)->Arg(64);
