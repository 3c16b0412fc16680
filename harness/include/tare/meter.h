// SPDX-License-Identifier: Apache-2.0
// Meter counts one benchmark over exactly its timed iterations, in all its threads.
//
//   void BM_Read(benchmark::State& state) {
//     Fixture fixture;             // not counted
//     tare::Meter meter(state);
//     for (auto _ : state) Read(); // counted, but for what lies between PauseTiming and
//     ResumeTiming
//   }
//
// For programs that keep their own main and link tare::benchmem; under tare::benchmem_main every
// benchmark is metered unasked. The counts become the user counters listed below, so that any
// reporter of Google Benchmark shows them.
//
// What is counted: everything the benchmark's own threads do while their timers run, and, from the
// moment all of them have started to the moment all have finished, everything that any other thread
// of the process does (pauses included: no timer says what a helper thread did for whom). What
// Google Benchmark itself does is not counted, nor what counting itself does.
#pragma once

#include <cstdint>
#include <string_view>

#include "tare/alloc_scope.h"

namespace benchmark {
class State;
}

namespace tare {

// Readers of running totals, one a counter. A thread's first reading, outside every window, may set
// up what the counter keeps for the thread; no other allocates or makes a system call that it
// counts.
enum class MeteredThreads { kThis, kOthers };  // kOthers: all but the benchmark's own threads
uint64_t ReadAllocs(MeteredThreads whose) noexcept;
uint64_t ReadBytesRequested(MeteredThreads whose) noexcept;
uint64_t ReadBytesUsable(MeteredThreads whose) noexcept;
uint64_t ReadSyscalls(MeteredThreads whose) noexcept;
// Allocations and the bytes they asked for, split as tare/account.h says.
uint64_t ReadOwnAllocs(MeteredThreads whose) noexcept;
uint64_t ReadLibraryAllocs(MeteredThreads whose) noexcept;
uint64_t ReadOwnBytesRequested(MeteredThreads whose) noexcept;
uint64_t ReadLibraryBytesRequested(MeteredThreads whose) noexcept;

// Why system calls are not counted; empty if they are. Counting them costs time, so only
// --counts-only does (tare/benchmem.h), and only where the kernel lets it.
std::string_view WhyNoSyscalls();

struct MeteredCounter {
  const char* unit;  // the total divided by the iterations of all threads; also the counter's name
  bool exact;        // the same in every run; otherwise a sample
  uint64_t (*read)(MeteredThreads) noexcept;
  std::string_view (*why_not)();  // empty: it applies here; otherwise no value is given, and why
  bool splits = false;            // only where the benchmark asks for it (Meter::kLibraryApart)
};

// What is metered. A new counter is its reader in harness/count and a line here.
inline constexpr MeteredCounter kMeteredCounters[] = {
    {"allocs/op", true, &ReadAllocs, &AllocScope::WhyNot},
    {"B/op", true, &ReadBytesRequested, &AllocScope::WhyNot},
    {"usable-B/op", true, &ReadBytesUsable, &AllocScope::WhyNot},
    {"syscalls/op", false, &ReadSyscalls, &WhyNoSyscalls},
    {"own-allocs/op", true, &ReadOwnAllocs, &AllocScope::WhyNot, true},
    {"lib-allocs/op", true, &ReadLibraryAllocs, &AllocScope::WhyNot, true},
    {"own-B/op", true, &ReadOwnBytesRequested, &AllocScope::WhyNot, true},
    {"lib-B/op", true, &ReadLibraryBytesRequested, &AllocScope::WhyNot, true},
};

class Meter {
 public:
  // kLibraryApart: the units that split allocs/op and B/op are given as well, own-allocs/op for
  // one, also where the scopes of tare/account.h were not come to and the library's are 0. Scopes
  // of a benchmark that does not ask for it change nothing in what is given.
  enum Split { kTogether, kLibraryApart };

  // Make one before the timed loop, in the benchmark function, in every thread, with the same
  // `split`. `state` must outlive it. For kLibraryApart it is made under tare::benchmem_main too.
  explicit Meter(benchmark::State& state, Split split = kTogether);
  // Puts this thread's counts into state.counters. A benchmark that was skipped has none; a timed
  // loop that the meter could not see (its code is in a shared library, or the program was linked
  // without the link options of tare::benchmem) becomes an error of the benchmark.
  ~Meter();

  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

 private:
  void AttachIfCounted();

  benchmark::State& state_;
  const Split split_;
  uint64_t loops_before_;
};

}  // namespace tare
