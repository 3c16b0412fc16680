// SPDX-License-Identifier: Apache-2.0
// What the linker calls in place of benchmark::Initialize and RunSpecifiedBenchmarks: how any main,
// ours, BENCHMARK_MAIN() or the program's own, gets tare's flags and output. See wrap.cc for
// --wrap.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/flags.h"
#include "bench/output.h"
#include "bench/run.h"
#include "bench/window.h"
#include "count/syscalls.h"
#include "tare/sites.h"

namespace {

using tare::bench::Flags;

Flags g_flags;
bool g_has_run = false;
bool g_asked_for_help = false;
void (*g_programs_help)() = nullptr;

[[noreturn]] void FailUsage(const std::string& error) {
  std::fprintf(stderr, "tare: %s\n", error.c_str());
  std::exit(tare::bench::kExitUsage);
}

// Google Benchmark calls this for --help, and for a value it does not know, and then exits with 0.
void Help() {
  if (!g_asked_for_help) {
    FailUsage("a --benchmark_ flag has a value that Google Benchmark does not know; see --help");
  }
  g_programs_help();
  std::fputs(tare::bench::kFlagsHelp, stdout);
  tare::bench::CheckResultsWritten();
}

// A main that calls another RunSpecifiedBenchmarks, with a reporter of its own, gets the counts as
// user counters; but what these flags ask for it does not do, and must not seem to have done.
void CheckFlagsWereHeeded() {
  if (g_has_run || !(g_flags.counts_only || g_flags.list)) return;
  std::fprintf(stderr,
               "tare: --counts-only and --tare_list do not apply: this program's main does not "
               "call benchmark::RunSpecifiedBenchmarks()\n");
  std::fflush(nullptr);
  std::_Exit(tare::bench::kExitUsage);
}

}  // namespace

extern "C" {

void __real__ZN9benchmark10InitializeEPiPPcPFvvE(int* argc, char** argv, void (*help)());

// Initialize(int*, char**, void (*)())
void __wrap__ZN9benchmark10InitializeEPiPPcPFvvE(int* argc, char** argv, void (*help)()) {
  tare::bench::MeterEveryBenchmark();
  for (int i = 1; i < *argc; ++i) g_asked_for_help |= std::string_view(argv[i]) == "--help";
  g_programs_help = help;
  if (const std::string error = tare::bench::TakeFlags(argc, argv, &g_flags); !error.empty()) {
    FailUsage(error);
  }
  if (g_flags.counts_only) tare::count::StartSyscalls();     // nothing will be timed
  if (g_flags.sites) static_cast<void>(tare::StartSites());  // the output says why not
  if (std::atexit(CheckFlagsWereHeeded) != 0) FailUsage("atexit: out of memory");
  __real__ZN9benchmark10InitializeEPiPPcPFvvE(argc, argv, Help);
}

// RunSpecifiedBenchmarks(), which BENCHMARK_MAIN() calls and after which it returns 0: where that
// would be wrong, the program ends here.
size_t __wrap__ZN9benchmark22RunSpecifiedBenchmarksEv() {
  g_has_run = true;
  tare::bench::MeterEveryBenchmark();
  const tare::bench::RunOutcome outcome = tare::bench::Run(g_flags);
  if (outcome.exit_status != 0) std::exit(outcome.exit_status);
  return outcome.rows;
}

}  // extern "C"
