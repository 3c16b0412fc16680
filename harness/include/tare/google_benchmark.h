// SPDX-License-Identifier: Apache-2.0
// The one file that knows in what Google Benchmark 1.7 to 1.9 differ, as far as tare is concerned.
//
// The library has no macro for its version: what differs is found in its declarations. So a program
// is compiled against whichever version it finds, and the archives of tare against the same.
#pragma once

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace tare {

// What BENCHMARK() and RegisterBenchmark() make a pointer to: benchmark::Benchmark since 1.9.5,
// benchmark::internal::Benchmark before, which is deprecated now.
using RegisteredBenchmark = std::remove_pointer_t<decltype(benchmark::RegisterBenchmark(
    "", std::declval<void (*)(benchmark::State&)>()))>;

namespace google_benchmark {

// How a run ended early. Before 1.8 every such end is an error.
enum class Skip { kNo, kWithMessage, kWithError };

// `run`: a benchmark::BenchmarkReporter::Run.
template <class Run>
Skip SkipOf(const Run& run) {
  if constexpr (requires { run.skipped; }) {
    using Skipped = decltype(run.skipped);
    if (run.skipped == Skipped::NotSkipped) return Skip::kNo;
    return run.skipped == Skipped::SkippedWithError ? Skip::kWithError : Skip::kWithMessage;
  } else {
    return run.error_occurred ? Skip::kWithError : Skip::kNo;
  }
}

// What the benchmark said when it skipped; empty if it did not.
template <class Run>
const std::string& SkipMessageOf(const Run& run) {
  if constexpr (requires { run.skip_message; }) {
    return run.skip_message;
  } else {
    return run.error_message;
  }
}

// Whether the benchmark has been skipped in this thread, with an error or, since 1.8, without.
template <class State>
bool IsSkipped(const State& state) {
  if constexpr (requires { state.skipped(); }) {
    return state.skipped();
  } else {
    return state.error_occurred();
  }
}

// Skips the benchmark without an error, as can be done since 1.8. Returns whether it was skipped.
template <class State>
bool SkipWithMessage(State& state, const std::string& message) {
  if constexpr (requires { state.SkipWithMessage(message); }) {
    state.SkipWithMessage(message);
    return true;
  } else {
    return false;
  }
}

// Whether --benchmark_min_time takes seconds with an "s" behind them, and iterations with an "x",
// as it does since 1.8: seconds without it draw a warning for each benchmark. Before, it takes
// seconds as a number alone.
template <class Run = benchmark::BenchmarkReporter::Run>
constexpr bool MinTimeHasSuffix() {
  return requires(const Run& run) {
    run.skipped;
  };
}

}  // namespace google_benchmark
}  // namespace tare

// Every way to register a benchmark ends in benchmark::internal::RegisterBenchmarkInternal, whose
// parameter has had three types: X(as it is mangled, the type). The linker is given all three names
// (harness/bench/CMakeLists.txt reads them here), and a program calls one of them.
#define TARE_REGISTRATIONS(X)                                        \
  X(PNS0_9BenchmarkE, tare::RegisteredBenchmark*) /* to 1.9.1 */     \
  X(St10unique_ptrINS0_9BenchmarkESt14default_deleteIS2_EE,          \
    std::unique_ptr<tare::RegisteredBenchmark>) /* 1.9.2 to 1.9.4 */ \
  X(St10unique_ptrINS_9BenchmarkESt14default_deleteIS2_EE,           \
    std::unique_ptr<tare::RegisteredBenchmark>) /* since 1.9.5 */
