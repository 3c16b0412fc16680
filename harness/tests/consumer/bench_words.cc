// SPDX-License-Identifier: Apache-2.0
// An ordinary Google Benchmark program: a fixture, threads, PauseTiming. Nothing in it is tare's.
#include <benchmark/benchmark.h>

#include <mutex>
#include <string>

#include "words.h"

class Line : public benchmark::Fixture {
 public:
  void SetUp(benchmark::State& state) override {  // in each thread
    const std::lock_guard lock(mutex_);
    if (!line_.empty()) return;
    for (int64_t i = 0; i < state.range(0); ++i) line_ += "supercalifragilistic ";
  }

 protected:
  std::string line_;

 private:
  std::mutex mutex_;
};

BENCHMARK_DEFINE_F(Line, Floor)(benchmark::State& state) {
  for (auto _ : state) {
    ForEachWord(line_, [](std::string_view word) { benchmark::DoNotOptimize(word.data()); });
  }
}
BENCHMARK_REGISTER_F(Line, Floor)->Name("Split/variant=floor")->ArgName("words")->Arg(8);

BENCHMARK_DEFINE_F(Line, Copy)(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(CopyWords(line_).data());
}
BENCHMARK_REGISTER_F(Line, Copy)->Name("Split/variant=baseline")->ArgName("words")->Arg(8);

BENCHMARK_DEFINE_F(Line, Keep)(benchmark::State& state) {
  Words words;
  words.Split(line_);  // before the timer runs: not counted
  for (auto _ : state) benchmark::DoNotOptimize(words.Split(line_).data());
}
BENCHMARK_REGISTER_F(Line, Keep)
    ->Name("Split/variant=reference")
    ->ArgName("words")
    ->Arg(8)
    ->Threads(1)
    ->Threads(2);

BENCHMARK_DEFINE_F(Line, First)(benchmark::State& state) {
  for (auto _ : state) {
    Words words;
    benchmark::DoNotOptimize(words.Split(line_).data());
    state.PauseTiming();  // what is thrown away here is not counted
    words = Words();
    state.ResumeTiming();
  }
}
BENCHMARK_REGISTER_F(Line, First)->Name("FirstLine/variant=reference")->ArgName("words")->Arg(8);
