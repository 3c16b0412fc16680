// SPDX-License-Identifier: Apache-2.0
// The benchmarks this program has registered, and what their suite has said about each.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tare/google_benchmark.h"

namespace tare::bench {

// What Google Benchmark calls a family: one registered function with all its arguments and thread
// counts. Google Benchmark owns it.
struct Family {
  RegisteredBenchmark* benchmark = nullptr;
  bool quick = false;
  bool omits_time_type = false;    // the names of its rows do not say how time is taken
  int64_t counted_iterations = 0;  // 0: not fixed by the suite
  std::string absent;              // why it cannot run here; empty: it can
};

// In order of registration. Used on one thread at a time, like Google Benchmark's own list.
class Families {
 public:
  static Families& All();

  void Add(RegisteredBenchmark* benchmark) { families_.emplace_back().benchmark = benchmark; }
  void Clear() { families_.clear(); }
  // The family of a registered benchmark. Any other is a programmer error: aborts.
  Family& Of(const RegisteredBenchmark* benchmark);
  const std::vector<Family>& list() const { return families_; }

 private:
  std::vector<Family> families_;
};

}  // namespace tare::bench
