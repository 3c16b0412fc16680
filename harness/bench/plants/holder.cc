// SPDX-License-Identifier: Apache-2.0
// Benchmarks that leave blocks and descriptors behind, from known lines: the tests look for the
// words in the comments. Without PLANTED they leave nothing.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

namespace {

std::vector<void*>& Kept() {
  static std::vector<void*> kept = [] {
    std::vector<void*> fresh;
    fresh.reserve(100000);
    return fresh;
  }();
  return kept;
}

[[gnu::noinline, maybe_unused]] void Keep(size_t size) {
  Kept().push_back(std::malloc(size));  // holds: a block
}

void Blocks(benchmark::State& state) {
  // Moved by realloc, the block is its last caller's, and one that was freed is nobody's.
  void* moved = std::malloc(16);
  moved = std::realloc(moved, 100000);
  std::free(moved);
  for (auto _ : state) std::free(std::malloc(32));
#ifdef PLANTED
  Keep(1000);
  std::thread([] { Keep(1000); }).join();
  Kept().push_back(std::realloc(std::malloc(16), 5000));  // holds: a block that was moved
#endif
}
BENCHMARK(Blocks)->Name("Holder/Blocks")->Iterations(8);

// Without the C library's wrapper.
[[gnu::noinline, maybe_unused]] int RawEventfd() {
#ifdef __x86_64__
  long result = SYS_eventfd2;
  asm volatile("syscall" : "+a"(result) : "D"(0L), "S"(0L) : "rcx", "r11", "memory");
  return static_cast<int>(result);
#else
  return eventfd(0, 0);
#endif
}

[[gnu::noinline, maybe_unused]] int OpenSocket() {
  int opened = socket(AF_UNIX, SOCK_STREAM, 0);  // holds: a socket
  benchmark::DoNotOptimize(opened);  // or the call is a jump, and this function not on the stack
  return opened;
}

void Descriptors(benchmark::State& state) {
  for (auto _ : state) close(OpenSocket());
#ifdef PLANTED
  benchmark::DoNotOptimize(OpenSocket());
  close(eventfd(0, 0));
  benchmark::DoNotOptimize(fcntl(0, F_DUPFD_CLOEXEC, 100));  // holds: a copy
  benchmark::DoNotOptimize(RawEventfd());
#endif
}
BENCHMARK(Descriptors)->Name("Holder/Descriptors")->Iterations(8);

}  // namespace
