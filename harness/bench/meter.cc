// SPDX-License-Identifier: Apache-2.0
// Meter, and the readers of what is metered.
#include "tare/meter.h"

#include <benchmark/benchmark.h>

#include "bench/window.h"
#include "count/counters.h"
#include "count/syscalls.h"
#include "tare/google_benchmark.h"

namespace tare {
namespace {

AllocCount ReadAllocCount(MeteredThreads whose) noexcept {
  return whose == MeteredThreads::kThis ? count::ReadThisThread() : count::ReadOthers();
}

}  // namespace

uint64_t ReadAllocs(MeteredThreads whose) noexcept {
  return ReadAllocCount(whose).allocs;
}

uint64_t ReadBytesRequested(MeteredThreads whose) noexcept {
  return ReadAllocCount(whose).bytes_requested;
}

uint64_t ReadBytesUsable(MeteredThreads whose) noexcept {
  return ReadAllocCount(whose).bytes_usable;
}

uint64_t ReadSyscalls(MeteredThreads whose) noexcept {
  return whose == MeteredThreads::kThis ? count::ReadSyscallsOfThisThread()
                                        : count::ReadSyscallsOfOthers();
}

std::string_view WhyNoSyscalls() {
  return count::WhyNoSyscalls();
}

Meter::Meter(benchmark::State& state)
    : state_(state), loops_before_(bench::Window::OfThisThread().opened()) {}

Meter::~Meter() {
  if (google_benchmark::IsSkipped(state_) || state_.iterations() == 0) return;
  if (bench::Window::OfThisThread().opened() == loops_before_) {
    state_.SkipWithError(
        "tare::Meter did not see the timed loop: build the benchmark into the program (not into a "
        "shared library) and link it with the link options of tare::benchmem");
    return;
  }
  bench::AttachCounts(state_);
}

}  // namespace tare
