// SPDX-License-Identifier: Apache-2.0
// A stranger's Google Benchmark program whose rows crash, hang and print; others among them do not.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

void Good(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(std::make_unique<int64_t>().get());
}
BENCHMARK(Good)->Name("Good");

void Crashes(benchmark::State& state) {
  for (auto _ : state) {
    std::fputs("the queue is not empty\n", stderr);
    std::abort();
  }
}
BENCHMARK(Crashes);

void Hangs(benchmark::State& state) {
  for (auto _ : state) {
    for (bool forever = true; forever;) benchmark::DoNotOptimize(forever);
  }
}
BENCHMARK(Hangs);

void Prints(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(std::puts("connected to 127.0.0.1"));
}
BENCHMARK(Prints);

BENCHMARK(Good)->Name("StillGood");

}  // namespace
