// SPDX-License-Identifier: Apache-2.0
// A Google Benchmark program whose rows end in every way a row can end, faults among them.
#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "tare/google_benchmark.h"

namespace {

void Allocate(int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const std::unique_ptr<char[]> block(new char[16]);
    benchmark::DoNotOptimize(block.get());
  }
}

void Good(benchmark::State& state) {
  for (auto _ : state) Allocate(1);
}
BENCHMARK(Good);

// One allocation too many in all iterations together: the smallest fault a count can have.
void OffByOne(benchmark::State& state) {
  bool first = true;
  for (auto _ : state) Allocate(first ? 3 : 2), first = false;
}
BENCHMARK(OffByOne);

void AbsentHere(benchmark::State& state) {
  state.SkipWithError("not applicable: no such device");
}
BENCHMARK(AbsentHere);
BENCHMARK(AbsentHere)->Name("AbsentThreads")->Threads(4);

// Absent as well: by the function that Google Benchmark has for this since 1.8.
void SkippedHere(benchmark::State& state) {
  if (!tare::google_benchmark::SkipWithMessage(state, "no such device")) AbsentHere(state);
}
BENCHMARK(SkippedHere)->Name("AbsentByMessage");

void FailsAtOnce(benchmark::State& state) {
  state.SkipWithError("cannot connect");
}
BENCHMARK(FailsAtOnce)->Repetitions(2);

void FailsInTheMiddle(benchmark::State& state) {
  int64_t i = 0;
  for (auto _ : state) {
    Allocate(1);
    if (++i == state.max_iterations) {
      state.SkipWithError("wrong\nanswer");
      break;
    }
  }
}
BENCHMARK(FailsInTheMiddle);

// One thread of several gives up, in a loop of the other kind.
void FailsInOneThread(benchmark::State& state) {
  while (state.KeepRunning()) {
    Allocate(1);
    if (state.thread_index() == 0) state.SkipWithError("thread 0 gave up");
  }
}
BENCHMARK(FailsInOneThread)->Threads(4);

// Not the same twice.
void Unstable(benchmark::State& state) {
  static int64_t run = 0;
  int64_t extra = ++run;
  for (auto _ : state) {
    Allocate(1 + (extra > 0));
    if (extra > 0) --extra;
  }
}
BENCHMARK(Unstable);

// Throws away what was counted.
void LosesCounts(benchmark::State& state) {
  for (auto _ : state) Allocate(1);
  state.counters = {};
}
BENCHMARK(LosesCounts);

// Overwrites what was counted with something that is no count.
void OwnCount(benchmark::State& state) {
  for (auto _ : state) Allocate(1);
  state.counters["allocs/op"] = 0.3;
}
BENCHMARK(OwnCount)->Iterations(4);

// After the faults, as before them.
BENCHMARK(Good)->Name("StillGood")->Threads(2);

}  // namespace
