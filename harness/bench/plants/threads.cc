// SPDX-License-Identifier: Apache-2.0
// An unmodified Google Benchmark program: threads, and a main of its own that takes any flag.
#include <benchmark/benchmark.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

// Threads that exchange a mailbox: each puts a letter into it, of two blocks, and takes one out.
struct Letter {
  explicit Letter(size_t size) : text(new char[size]) {}
  std::unique_ptr<char[]> text;
};

std::mutex mutex;
std::unique_ptr<Letter> mailbox;

void Exchange(size_t size) {
  auto letter = std::make_unique<Letter>(size);
  {
    const std::lock_guard lock(mutex);
    mailbox.swap(letter);
  }
  benchmark::DoNotOptimize(letter.get());
}

// Two allocations an iteration; what a thread sets up before its loop is not of it.
void Mailbox(benchmark::State& state) {
  std::vector<std::string> drafts(100, std::string(100, 'x'));
  for (auto _ : state) Exchange(static_cast<size_t>(state.range(0)));
  benchmark::DoNotOptimize(drafts.data());
}
BENCHMARK(Mailbox)->ArgName("size")->Arg(100)->ThreadRange(1, 4)->UseRealTime();

// The same, and one allocation more in all iterations of all threads: what a count must not miss.
void OneTooMany(benchmark::State& state) {
  bool stray = state.thread_index() == 0;
  for (auto _ : state) {
    Exchange(100);
    if (stray) benchmark::DoNotOptimize(std::make_unique<char>().get());
    stray = false;
  }
}
BENCHMARK(OneTooMany)->Threads(2);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
