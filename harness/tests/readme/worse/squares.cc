// SPDX-License-Identifier: Apache-2.0
// The same after somebody has moved the vector into the loop: what the gate must see.
#include <benchmark/benchmark.h>
#include <vector>
static void Squares(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<int> squares(100);
    for (int i = 0; i < 100; ++i) squares[i] = i * i;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(Squares);
