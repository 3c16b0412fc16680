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

AccountCount ReadSplit(MeteredThreads whose) noexcept {
  return whose == MeteredThreads::kThis ? count::SplitOfThisThread()
                                        : count::SplitOfRole(count::Role::kOther);
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

uint64_t ReadOwnAllocs(MeteredThreads whose) noexcept {
  return ReadSplit(whose).own.allocs;
}

uint64_t ReadLibraryAllocs(MeteredThreads whose) noexcept {
  return ReadSplit(whose).library.allocs;
}

uint64_t ReadOwnBytesRequested(MeteredThreads whose) noexcept {
  return ReadSplit(whose).own.bytes_requested;
}

uint64_t ReadLibraryBytesRequested(MeteredThreads whose) noexcept {
  return ReadSplit(whose).library.bytes_requested;
}

std::string_view WhyNoSyscalls() {
  return count::WhyNoSyscalls();
}

Meter::Meter(benchmark::State& state, Split split)
    : state_(state), split_(split), loops_before_(bench::Window::OfThisThread().opened()) {
  if (split_ == kLibraryApart) bench::Window::OfThisThread().SplitFromHere(true);
}

Meter::~Meter() {
  AttachIfCounted();
  if (split_ == kLibraryApart) bench::Window::OfThisThread().SplitFromHere(false);
}

void Meter::AttachIfCounted() {
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
