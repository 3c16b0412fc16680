// SPDX-License-Identifier: Apache-2.0
// A benchmark under a name that results cannot hold.
#include <benchmark/benchmark.h>

namespace {

void Nothing(benchmark::State& state) {
  for (auto _ : state) {
  }
}
BENCHMARK(Nothing)->Name("two\nlines");

}  // namespace

BENCHMARK_MAIN();
