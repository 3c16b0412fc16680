// SPDX-License-Identifier: Apache-2.0
// Rows that are hard to tell apart or to ask for: equal names, one that has a number of its own,
// repetitions, a tab and a backslash; and counters that are no measurements.
#include <benchmark/benchmark.h>

#include <limits>

#include "tare/benchmem.h"

namespace {

void Nothing(benchmark::State& state) {
  for (auto _ : state) {
  }
}

void Counts(benchmark::State& state) {
  for (auto _ : state) {
  }
  state.counters["hit_rate"] = std::numeric_limits<double>::quiet_NaN();
  state.counters["ns/op"] = 5;
  state.counters["real_time"] = 7;
  state.counters["a b"] = 1;
  state.counters["a_b"] = 2;
}

BENCHMARK(Nothing)->Name("x");
BENCHMARK(Nothing)->Name("x#01");
BENCHMARK(Nothing)->Name("x");
BENCHMARK(Nothing)->Name("repeated")->Repetitions(3)->ReportAggregatesOnly();
BENCHMARK(Nothing)->Name("tab\tand\\slash")->UseRealTime();
BENCHMARK(Nothing)->Name("warm")->MinTime(0.001)->MinWarmUpTime(0.001)->UseManualTime();
BENCHMARK(Nothing)->Name("few")->Iterations(10)->MeasureProcessCPUTime();
BENCHMARK(Nothing)->Name("few")->Iterations(20)->Threads(1)->Threads(2);
BENCHMARK(Nothing)->Name("omitted")->ArgName("n")->Arg(1)->UseRealTime()->Apply(tare::OmitTimeType);
BENCHMARK(Counts);

}  // namespace

BENCHMARK_MAIN();
