// SPDX-License-Identifier: Apache-2.0
// A program whose benchmarks call a library that allocates, some of them with its account apart:
// split_test.cc has the list. Built with PLANTED, one allocation in a trip that was the library's
// is ours: in total nothing has changed.
#include <benchmark/benchmark.h>

#include <memory>
#include <thread>

#include "tare/account.h"
#include "tare/benchmem.h"
#include "tare/meter.h"

namespace {

void Allocate(int64_t count, size_t size) {
  for (int64_t i = 0; i < count; ++i) {
    const std::unique_ptr<char[]> block(new char[size]);
    benchmark::DoNotOptimize(block.get());
  }
}

// Of the library: 5 times 32 bytes, and a call back between.
void LibraryCall(void (*callback)()) {
#ifdef PLANTED
  Allocate(1, 32);
#else
  Allocate(2, 32);
#endif
  callback();
  Allocate(3, 32);
}

// Of ours: 7 times 16 bytes, 4 of them while the library calls back.
void Trip() {
  Allocate(3, 16);
  const tare::LibraryScope library;
  LibraryCall([] {
    const tare::CallbackScope ours;
    Allocate(4, 16);
#ifdef PLANTED
    const auto block = std::make_unique<char[]>(32);  // planted: ours
    benchmark::DoNotOptimize(block.get());
#endif
  });
}

void Apart(benchmark::State& state) {
  Trip();
  const tare::Meter meter(state, tare::Meter::kLibraryApart);
  for (auto _ : state) Trip();
  Trip();
}
BENCHMARK(Apart)->Threads(1)->Threads(3);

// The scopes are there, and nobody asks for them.
void Together(benchmark::State& state) {
  for (auto _ : state) Trip();
}
BENCHMARK(Together);

// One asks, and calls no library: a reference beside the others.
void WithoutALibrary(benchmark::State& state) {
  const tare::Meter meter(state, tare::Meter::kLibraryApart);
  for (auto _ : state) Allocate(2, 16);
}
BENCHMARK(WithoutALibrary);

void Paused(benchmark::State& state) {
  const tare::Meter meter(state, tare::Meter::kLibraryApart);
  for (auto _ : state) {
    const tare::LibraryScope library;
    Allocate(1, 32);
    state.PauseTiming();
    Trip();
    state.ResumeTiming();
    Allocate(1, 32);
  }
}
BENCHMARK(Paused);

// A scope from before the loop to behind it.
void Throughout(benchmark::State& state) {
  const tare::Meter meter(state, tare::Meter::kLibraryApart);
  const tare::LibraryScope library;
  for (auto _ : state) Allocate(1, 32);
}
BENCHMARK(Throughout);

// The trips are made by a thread that is none of the benchmark's, and ends within the iteration.
void WithHelper(benchmark::State& state) {
  const tare::Meter meter(state, tare::Meter::kLibraryApart);
  std::thread([] {}).join();  // glibc keeps its stack for the next
  for (auto _ : state) {
    // std::thread allocates its state: ours.
    std::thread([] { Trip(); }).join();
  }
}
BENCHMARK(WithHelper)->UseRealTime()->Apply([](tare::RegisteredBenchmark* b) {
  tare::FixCountedIterations(b, 100);
});

}  // namespace
