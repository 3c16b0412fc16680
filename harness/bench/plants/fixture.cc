// SPDX-License-Identifier: Apache-2.0
// An unmodified Google Benchmark program: fixtures, with and without arguments and threads.
#include <benchmark/benchmark.h>

#include <map>
#include <string>

namespace {

// A table that each thread's SetUp fills and TearDown empties: many allocations, none of them
// timed.
class Table : public benchmark::Fixture {
 public:
  void SetUp(benchmark::State& state) override {
    std::map<int64_t, std::string> entries;
    for (int64_t key = 0; key < 200; ++key) entries[key] = std::string(64, 'x');
    if (state.thread_index() == 0) entries_.swap(entries);
  }
  void TearDown(benchmark::State& state) override {
    if (state.thread_index() == 0) entries_.clear();
  }

 protected:
  std::map<int64_t, std::string> entries_;
};

// Only looks: nothing.
BENCHMARK_DEFINE_F(Table, Find)(benchmark::State& state) {
  int64_t key = 0;
  for (auto _ : state) benchmark::DoNotOptimize(entries_.find(key++ % 200));
}
BENCHMARK_REGISTER_F(Table, Find)->Threads(1)->Threads(2);

// As many copies of a value, of one block each, as the argument says.
BENCHMARK_DEFINE_F(Table, Copy)(benchmark::State& state) {
  for (auto _ : state) {
    for (int64_t i = 0; i < state.range(0); ++i) {
      const std::string copy = entries_[i];
      benchmark::DoNotOptimize(copy.data());
    }
  }
}
BENCHMARK_REGISTER_F(Table, Copy)->Arg(1)->Arg(7);

// A node and its value go and come: two.
BENCHMARK_F(Table, Replace)(benchmark::State& state) {
  for (auto _ : state) {
    entries_.erase(100);
    entries_.emplace(100, std::string(64, 'y'));
  }
}

}  // namespace
