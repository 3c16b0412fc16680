// SPDX-License-Identifier: Apache-2.0
// An unmodified Google Benchmark program: counters of its own, and blocks that are alive at once.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace {

void Counters(benchmark::State& state) {
  const std::string from(static_cast<size_t>(state.range(0)), 'x');
  std::string to = from;
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.counters["hits"] = 12.5;
}
BENCHMARK(Counters)->Arg(8);

// 6,000 bytes an operation, of which 4,000 are alive at once; 50,000 more in pauses.
void Holds(benchmark::State& state) {
  const auto allocate = [](size_t size) {
    void* block = std::malloc(size);
    benchmark::DoNotOptimize(block);
    return block;
  };
  for (auto _ : state) {
    void* const first = allocate(1000);
    std::free(allocate(3000));
    std::free(allocate(2000));
    std::free(first);
    state.PauseTiming();
    std::free(allocate(50000));
    state.ResumeTiming();
  }
}
BENCHMARK(Holds)->Threads(1);

}  // namespace
