// SPDX-License-Identifier: Apache-2.0
// A reader of messages whose allocations have known lines: the tests look for the words in the
// comments. Built a second time with PLANTED, it has got worse; and one benchmark varies.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <string>

namespace {

constexpr char kMessage[] = "to be or not to be, that is the question whether it is nobler";

// Inlined into whoever calls it.
[[gnu::always_inline]] inline size_t Parse(const char* data) {
#ifdef PLANTED
  const std::string copy(data);  // planted: a copy
  data = copy.data();
  benchmark::DoNotOptimize(data);
#endif
  size_t words = 1;
  for (; *data != '\0'; ++data) words += *data == ' ' ? 1 : 0;
  return words;
}

[[gnu::noinline]] size_t ReadMessage() {
  return Parse(kMessage);
}

void Read(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ReadMessage());
}
BENCHMARK(Read)->Name("Reader/Read");

[[gnu::noinline]] std::unique_ptr<char[]> MakeBuffer(size_t size) {
  return std::make_unique<char[]>(size);  // recorded: a buffer
}

void Buffered(benchmark::State& state) {
  for (auto _ : state) {
    const auto in = MakeBuffer(64);
    const auto out = MakeBuffer(128);
    benchmark::DoNotOptimize(in.get());
    benchmark::DoNotOptimize(out.get());
    benchmark::DoNotOptimize(ReadMessage());
  }
}
BENCHMARK(Buffered)->Name("Reader/Buffered");

// Once in every second run.
void Varies(benchmark::State& state) {
  static int runs = 0;
  bool once = ++runs % 2 == 0;
#ifndef PLANTED
  once = false;
#endif
  for (auto _ : state) {
    benchmark::DoNotOptimize(MakeBuffer(16).get());
    if (!once) continue;
    const std::string text(100, 'x');  // planted: now and then
    benchmark::DoNotOptimize(text.data());
    once = false;
  }
}
BENCHMARK(Varies)->Name("Reader/Varies")->Iterations(8);

}  // namespace
