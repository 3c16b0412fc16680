// SPDX-License-Identifier: Apache-2.0
// Benchmarks that account for a library and come to no result, and what follows them.
#include <benchmark/benchmark.h>

#include <memory>
#include <optional>
#include <utility>

#include "tare/account.h"
#include "tare/meter.h"

namespace {

void Allocate() {
  const std::unique_ptr<char[]> block(new char[16]);
  benchmark::DoNotOptimize(block.get());
}

// Skipped before its loop: the next benchmark of the thread is none that asks.
void Skipped(benchmark::State& state) {
  const tare::Meter meter(state, tare::Meter::kLibraryApart);
  state.SkipWithError("skipped");
}
BENCHMARK(Skipped);

void Together(benchmark::State& state) {
  for (auto _ : state) {
    const tare::LibraryScope library;
    Allocate();
  }
}
BENCHMARK(Together);

// One allocation is the library's in every other run, and ours in the others.
void Unstable(benchmark::State& state) {
  static int run = 0;
  const bool is_librarys = ++run % 2 == 0;
  const tare::Meter meter(state, tare::Meter::kLibraryApart);
  bool is_first = true;
  for (auto _ : state) {
    std::optional<tare::LibraryScope> library;
    if (is_librarys || !std::exchange(is_first, false)) library.emplace();
    Allocate();
  }
}
BENCHMARK(Unstable)->Iterations(1000);

// A counter of its own under one of the names, as a program had it that knew nothing of them.
void OwnCounter(benchmark::State& state) {
  for (auto _ : state) Allocate();
  state.counters["lib-allocs/op"] = 3;
}
BENCHMARK(OwnCounter);

}  // namespace
