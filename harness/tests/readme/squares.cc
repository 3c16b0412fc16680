// SPDX-License-Identifier: Apache-2.0
// The benchmark program of README's first screen; nothing in it is tare's.
#include <benchmark/benchmark.h>
#include <vector>
static void Squares(benchmark::State& state) {
  std::vector<int> squares(100);
  for (auto _ : state) {
    for (int i = 0; i < 100; ++i) squares[i] = i * i;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(Squares);
