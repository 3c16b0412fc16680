// SPDX-License-Identifier: Apache-2.0
// The main of tare::benchmem_main: BENCHMARK_MAIN()'s, but for the exit status of an unknown flag.
#include <benchmark/benchmark.h>

#include "bench/run.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return tare::bench::kExitUsage;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
