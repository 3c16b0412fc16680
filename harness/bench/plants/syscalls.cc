// SPDX-License-Identifier: Apache-2.0
// A Google Benchmark program whose system calls are known: syscalls_test.cc has the list.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace {

void Call(int64_t times) {
  for (int64_t i = 0; i < times; ++i) syscall(SYS_getppid);
}

void Empty(benchmark::State& state) {
  Call(5);
  for (auto _ : state) {
  }
  Call(5);
}
BENCHMARK(Empty)->Threads(1)->Threads(2)->Threads(4);

void Calls(benchmark::State& state) {
  Call(5);
  for (auto _ : state) Call(state.range(0));
  Call(5);
}
BENCHMARK(Calls)->Arg(1)->Arg(4)->Threads(1)->Threads(2)->Threads(4);

void EverySeventh(benchmark::State& state) {
  int64_t i = 0;
  for (auto _ : state) Call(i++ % 7 == 0);
}
BENCHMARK(EverySeventh);

// Google Benchmark asks for the CPU time when it stops and starts the timer: system calls of its.
void Paused(benchmark::State& state) {
  for (auto _ : state) {
    Call(1);
    state.PauseTiming();
    Call(5);
    state.ResumeTiming();
    Call(1);
  }
}
BENCHMARK(Paused)->Threads(1)->Threads(2);

// A thread that is no benchmark thread makes the calls. Nobody makes one to wait.
void WithHelper(benchmark::State& state) {
  std::atomic<int64_t> asked = 0;
  std::thread helper([&] {
    for (int64_t calls = 0; calls >= 0;) {
      calls = asked;
      if (calls <= 0) continue;
      Call(calls);
      asked = 0;
    }
  });
  const auto ask = [&](int64_t calls) {
    asked = calls;
    while (asked != 0) {
    }
  };
  ask(5);  // it has begun
  for (auto _ : state) ask(state.range(0));
  ask(5);
  asked = -1;
  helper.join();
}
// Two threads that spin take turns where there is one CPU.
BENCHMARK(WithHelper)->Arg(3)->Iterations(8);

// Not the same twice, which is no fault of a sample.
void Varying(benchmark::State& state) {
  static int64_t run = 0;
  Call(++run);
  for (auto _ : state) Call(run);
}
BENCHMARK(Varying)->Iterations(10);

// No descriptor is left for the counter of the second thread.
void LeaveNoDescriptor(const benchmark::State&) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &limit);
}
BENCHMARK(Calls)->Name("NoDescriptor")->Arg(1)->Setup(LeaveNoDescriptor)->Threads(2);

}  // namespace
