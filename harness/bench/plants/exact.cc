// SPDX-License-Identifier: Apache-2.0
// An unmodified Google Benchmark program whose allocations are known: benchmem_test.cc has the
// list.
//
// Allocations are what the name says; frees go with them. DoNotOptimize keeps the compiler from
// removing a pair.
#include <benchmark/benchmark.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace {

// Allocates `count` times 16 bytes.
void Allocate(int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const std::unique_ptr<char[]> block(new char[16]);
    benchmark::DoNotOptimize(block.get());
  }
}

void Empty(benchmark::State& state) {
  for (auto _ : state) {
  }
}
BENCHMARK(Empty);
BENCHMARK(Empty)->Name("EmptyThreads")->Threads(2)->Threads(4);

void NewThree(benchmark::State& state) {
  for (auto _ : state) Allocate(3);
}
BENCHMARK(NewThree);
BENCHMARK(NewThree)->Name("NewThreeThreads")->ThreadRange(1, 4)->UseRealTime();
BENCHMARK(NewThree)->Name("NewThreeRepeated")->Repetitions(3)->ReportAggregatesOnly();
BENCHMARK(NewThree)->Name("NewThreeProcessTime")->MeasureProcessCPUTime()->MinTime(0.002);
BENCHMARK(NewThree)->Name("NewThreeWarm")->MinTime(0.002)->MinWarmUpTime(0.001);
BENCHMARK(NewThree)->Name("NewThreeFiveIterations")->Iterations(5)->Threads(2);

// Loops other than the range-based one.
void KeepRunning(benchmark::State& state) {
  Allocate(160);
  while (state.KeepRunning()) Allocate(1);
  Allocate(160);
}
BENCHMARK(KeepRunning)->Threads(1)->Threads(2);

// May run over the number of iterations it was asked for.
void KeepRunningBatch(benchmark::State& state) {
  while (state.KeepRunningBatch(7)) Allocate(7);
}
BENCHMARK(KeepRunningBatch);

void EverySeventeenth(benchmark::State& state) {
  int64_t i = 0;
  for (auto _ : state) {
    if (i++ % 17 == 0) Allocate(1);
  }
}
BENCHMARK(EverySeventeenth);

// What C libraries allocate underneath, and every way to resize: five allocations of 232 bytes.
void Malloc(benchmark::State& state) {
  for (auto _ : state) {
    void* block = std::malloc(24);
    benchmark::DoNotOptimize(block);
    block = std::realloc(block, 100);
    benchmark::DoNotOptimize(block);
    void* zeros = std::calloc(4, 25);
    benchmark::DoNotOptimize(zeros);
    char* copy = strdup("xyz");
    benchmark::DoNotOptimize(copy);
    int* number = new int(1);
    benchmark::DoNotOptimize(number);
    delete number;
    std::free(copy);
    std::free(zeros);
    std::free(block);
  }
}
BENCHMARK(Malloc);

void Paused(benchmark::State& state) {
  for (auto _ : state) {
    Allocate(1);
    state.PauseTiming();
    Allocate(5);
    state.ResumeTiming();
    Allocate(1);
  }
}
BENCHMARK(Paused)->Threads(1)->Threads(2);

// Timing is paused when the loop ends.
void PausedAtTheEnd(benchmark::State& state) {
  int64_t left = state.max_iterations;
  for (auto _ : state) {
    Allocate(1);
    if (--left == 0) {
      state.PauseTiming();
      Allocate(5);
      state.ResumeTiming();
    }
  }
}
BENCHMARK(PausedAtTheEnd);

void ManualTime(benchmark::State& state) {
  for (auto _ : state) {
    Allocate(2);
    state.SetIterationTime(1e-6);
  }
}
BENCHMARK(ManualTime)->UseManualTime();

template <typename T, typename U>
void Template(benchmark::State& state) {
  for (auto _ : state) {
    const auto pair = std::make_unique<std::pair<T, U>>();
    benchmark::DoNotOptimize(pair.get());
  }
}
BENCHMARK_TEMPLATE(Template, int64_t, std::pair<int64_t, int64_t>);

void Args(benchmark::State& state) {
  for (auto _ : state) Allocate(state.range(0) + state.range(1));
}
BENCHMARK(Args)->ArgNames({"few", "many"})->Ranges({{0, 2}, {8, 64}});
BENCHMARK(Args)->Name("ArgsUnnamed")->Args({1, 2})->Args({3, 4});

void Growing(benchmark::State& state) {
  for (auto _ : state) Allocate(state.range(0));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(Growing)->RangeMultiplier(2)->Range(1, 8)->Complexity(benchmark::oN);

class Heavy : public benchmark::Fixture {
 public:
  void SetUp(benchmark::State&) override {
    Allocate(160);
    values_ = std::vector<int>(1000);
  }
  void TearDown(benchmark::State&) override {
    values_ = {};
    Allocate(160);
  }

 private:
  std::vector<int> values_;
};
BENCHMARK_F(Heavy, Fixture)(benchmark::State& state) {
  for (auto _ : state) Allocate(1);
}

void AllocateInCallback(const benchmark::State&) {
  Allocate(160);
}
BENCHMARK(NewThree)
    ->Name("NewThreeSetUp")
    ->Setup(AllocateInCallback)
    ->Teardown(AllocateInCallback)
    ->Threads(1)
    ->Threads(2);

void OwnCounters(benchmark::State& state) {
  for (auto _ : state) Allocate(1);
  state.counters["widgets per box"] = 12;
  state.counters["nan"] = benchmark::Counter(0.0 / static_cast<double>(state.range(0)));
  state.SetItemsProcessed(state.iterations());
  state.SetLabel("two\nlines");
}
BENCHMARK(OwnCounters)->Arg(0);

// A thread that is no benchmark thread and allocates when it is told to.
class Helper {
 public:
  Helper() : thread_([this] { Run(); }) {}
  ~Helper() {
    Ask(-1);
    thread_.join();
  }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  // Returns when the helper has allocated `count` times.
  void Ask(int64_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_ == 0; });
    asked_ = count;
    const int64_t ticket = ++tickets_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return served_ >= ticket; });
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return asked_ != 0; });
      const int64_t count = asked_;
      if (count > 0) Allocate(count);
      asked_ = 0;
      served_ = tickets_;
      changed_.notify_all();
      if (count < 0) return;
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t asked_ = 0;
  int64_t tickets_ = 0;
  int64_t served_ = 0;
  std::thread thread_;
};

// Before the loop, in it and after it the helper works; only what it does in the loop counts.
void WithHelper(benchmark::State& state) {
  static Helper helper;
  helper.Ask(160);
  for (auto _ : state) helper.Ask(state.range(0));
  helper.Ask(160);
}
BENCHMARK(WithHelper)->Arg(2)->Threads(1)->Threads(2)->Threads(4)->UseRealTime()->MinTime(0.002);

// A thread for each iteration, which ends within it: what ended threads did counts as well.
void ShortThreads(benchmark::State& state) {
  std::thread([] {}).join();  // glibc keeps its stack for the next
  for (auto _ : state) {
    // std::thread allocates its state (one allocation), the thread three times.
    std::thread([] { Allocate(3); }).join();
  }
}
BENCHMARK(ShortThreads)->UseRealTime();

}  // namespace
