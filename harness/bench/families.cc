// SPDX-License-Identifier: Apache-2.0
// The list of registered benchmarks, and the marks of tare/benchmem.h.
#include "bench/families.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tare/benchmem.h"

namespace tare {
namespace bench {

Families& Families::All() {
  static Families all;  // benchmarks are registered before main, from any file
  return all;
}

Family& Families::Of(const RegisteredBenchmark* benchmark) {
  const auto family = std::find_if(families_.rbegin(), families_.rend(),
                                   [&](const Family& f) { return f.benchmark == benchmark; });
  if (family != families_.rend()) return *family;
  std::fprintf(stderr,
               "tare: a benchmark is marked that was not registered in this program, or without "
               "the link options of tare::benchmem\n");
  std::abort();
}

}  // namespace bench

void MarkQuick(RegisteredBenchmark* benchmark) {
  bench::Families::All().Of(benchmark).quick = true;
}

void OmitTimeType(RegisteredBenchmark* benchmark) {
  bench::Families::All().Of(benchmark).omits_time_type = true;
}

void FixCountedIterations(RegisteredBenchmark* benchmark, int64_t iterations) {
  if (iterations <= 0) {
    std::fprintf(stderr, "tare: FixCountedIterations: %lld iterations; at least 1 is needed\n",
                 static_cast<long long>(iterations));
    std::abort();
  }
  bench::Families::All().Of(benchmark).counted_iterations = iterations;
}

RegisteredBenchmark* RegisterAbsent(const std::string& name, const std::string& reason) {
  const std::string message = std::string(kNotApplicable) + reason;
  RegisteredBenchmark* const benchmark = benchmark::RegisterBenchmark(
      name.c_str(), [message](benchmark::State& state) { state.SkipWithError(message.c_str()); });
  bench::Families::All().Of(benchmark).absent = reason.empty() ? "no reason given" : reason;
  return benchmark;
}

}  // namespace tare
