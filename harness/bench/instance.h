// SPDX-License-Identifier: Apache-2.0
// One benchmark with one set of arguments and one thread count: what Google Benchmark runs at a
// time.
//
// Google Benchmark shows a benchmark's configuration to nobody. This file is the only one
// that reads and changes it: to list rows without running them, and to run one row over a given
// number of iterations, whatever the benchmark has set for itself.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tare/google_benchmark.h"

namespace tare::bench {

struct Instance {
  std::vector<int64_t> args;
  int threads = 1;
  benchmark::BenchmarkName name;
};

// In the order and with the names that Google Benchmark gives them.
std::vector<Instance> InstancesOf(const RegisteredBenchmark& benchmark);

// What the benchmark has set with Iterations(); 0 if nothing.
int64_t IterationsOf(const RegisteredBenchmark& benchmark);

// Has every repetition shown, also where the benchmark asks for aggregates only.
void ShowEveryRepetition(RegisteredBenchmark& benchmark);

// While it lives, the benchmark has this instance only, under `name`, and runs it once, over
// `iterations` per thread. The benchmark must outlive it.
class OnlyInstance {
 public:
  OnlyInstance(RegisteredBenchmark& benchmark, const Instance& instance, const std::string& name,
               int64_t iterations);
  ~OnlyInstance();
  OnlyInstance(const OnlyInstance&) = delete;
  OnlyInstance& operator=(const OnlyInstance&) = delete;

 private:
  struct Saved;
  RegisteredBenchmark& benchmark_;
  std::unique_ptr<Saved> saved_;
};

// While it lives, none of `benchmarks` has an instance but `kept`, one of them, which has this one;
// names stay what they are. All must outlive it.
class HideOthers {
 public:
  HideOthers(const std::vector<RegisteredBenchmark*>& benchmarks,
             RegisteredBenchmark& kept, const Instance& instance);
  ~HideOthers();
  HideOthers(const HideOthers&) = delete;
  HideOthers& operator=(const HideOthers&) = delete;

 private:
  struct Saved;
  std::vector<Saved> saved_;
};

}  // namespace tare::bench
