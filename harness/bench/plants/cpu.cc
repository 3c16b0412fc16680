// SPDX-License-Identifier: Apache-2.0
// An unmodified Google Benchmark program whose operations spend known amounts of CPU time, in their
// own thread and in a helper's, under each of the clocks that a benchmark may ask for.
#include <benchmark/benchmark.h>
#include <time.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace {

constexpr int64_t kBurnNs = 500000;

// Spends this much CPU time in the calling thread.
void Burn(int64_t ns) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * int64_t{1000000000} + t.tv_nsec;
  };
  for (const int64_t end = now() + ns; now() < end;) {
  }
}

// A thread that burns when it is asked to.
class Helper {
 public:
  Helper() : thread_([this] { Work(); }) {}
  ~Helper() {
    Ask(-1);
    thread_.join();
  }
  // Returns when that much is burnt, having slept meanwhile.
  void BurnAndWait(int64_t ns) {
    std::unique_lock lock(mutex_);
    wanted_ = ns;
    changed_.notify_all();
    changed_.wait(lock, [&] { return wanted_ == 0; });
  }

 private:
  void Ask(int64_t ns) {
    const std::lock_guard lock(mutex_);
    wanted_ = ns;
    changed_.notify_all();
  }
  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return wanted_ != 0; });
      if (wanted_ < 0) return;
      Burn(wanted_);
      wanted_ = 0;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t wanted_ = 0;
  std::thread thread_;
};

void InTheHelper(benchmark::State& state) {
  Helper helper;
  helper.BurnAndWait(20 * kBurnNs);  // before the loop: not of it
  for (auto _ : state) {
    helper.BurnAndWait(kBurnNs);
    state.SetIterationTime(1e-3);
  }
  helper.BurnAndWait(20 * kBurnNs);  // after it
}
BENCHMARK(InTheHelper)->Name("Helper/clock=default");
BENCHMARK(InTheHelper)->Name("Helper/clock=real")->UseRealTime();
BENCHMARK(InTheHelper)->Name("Helper/clock=manual")->UseManualTime();
BENCHMARK(InTheHelper)->Name("Helper/clock=process")->MeasureProcessCPUTime();
BENCHMARK(InTheHelper)->Name("Helper/clock=process_real")->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(InTheHelper)->Name("Helper/clock=real")->UseRealTime()->Threads(2);
BENCHMARK(InTheHelper)
    ->Name("Helper/clock=process_real")
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Threads(2);

void InTheLoop(benchmark::State& state) {
  for (auto _ : state) Burn(kBurnNs);
}
BENCHMARK(InTheLoop)->Name("Loop")->UseRealTime();
BENCHMARK(InTheLoop)->Name("Loop")->UseRealTime()->Threads(2);

// What a thread burns while its timer stands still is not counted.
void InAPause(benchmark::State& state) {
  for (auto _ : state) {
    Burn(kBurnNs);
    state.PauseTiming();
    Burn(10 * kBurnNs);
    state.ResumeTiming();
  }
}
BENCHMARK(InAPause)->Name("Pause")->UseRealTime();

// Sleeps: nobody burns anything.
void Nowhere(benchmark::State& state) {
  for (auto _ : state) {
    const timespec a_while{0, 2 * kBurnNs};
    nanosleep(&a_while, nullptr);
  }
}
BENCHMARK(Nowhere)->Name("Nowhere")->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
