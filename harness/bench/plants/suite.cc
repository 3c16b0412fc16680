// SPDX-License-Identifier: Apache-2.0
// A suite that marks its rows through tare/benchmem.h.
#include <benchmark/benchmark.h>

#include <chrono>
#include <thread>

#include "tare/benchmem.h"

namespace {

void Nothing(benchmark::State& state) {
  for (auto _ : state) {
  }
}
BENCHMARK(Nothing)->Name("quick")->Apply(tare::MarkQuick);
BENCHMARK(Nothing)->Name("full");
BENCHMARK(Nothing)->Name("fixed")->Threads(2)->Apply([](tare::RegisteredBenchmark* b) {
  tare::FixCountedIterations(b, 64);
});

// Each iteration takes so long that 1,000 would take more than 0.1 s, or even 100.
void Slow(benchmark::State& state) {
  const auto time = std::chrono::microseconds(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    std::this_thread::sleep_for(time);
    state.ResumeTiming();
  }
}
BENCHMARK(Slow)->Arg(200)->Arg(4000);

[[maybe_unused]] const auto* const kAbsent = [] {
  auto* const absent = tare::RegisterAbsent("absent", "the kernel has no such call");
  tare::MarkQuick(absent);
  return absent->Threads(1)->Threads(2);
}();

}  // namespace
