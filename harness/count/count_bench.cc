// SPDX-License-Identifier: Apache-2.0
// bench_count: what counting adds to an allocation, as a ratio to the same jemalloc uncounted.
//
// Both contenders are one archive in one process: `malloc` is the counted entry point, `jemalloc`
// the renamed function it forwards to. A round times them in turn, A B B A, in windows so short
// that the host's changes of speed fall on both; the figure is the median of the rounds' ratios
// with its 95 % interval. The row with two threads runs both at once, each on its own blocks: a
// counter the threads shared would show there. The last row is of two counted contenders: with a
// library's scope around each pair, against without.

#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "count/jemalloc.h"
#include "tare/account.h"
#include "tare/alloc_scope.h"

namespace {

// Hides from the compiler where `p` comes from and goes to.
inline void* Opaque(void* p) {
  asm volatile("" : "+r"(p) : : "memory");
  return p;
}

// A pair is one allocation and its free. `counted` and `alone` each do `pairs` of them.
struct Work {
  const char* name;
  size_t size;
  int threads;
  void (*counted)(size_t size, int pairs);
  void (*alone)(size_t size, int pairs);
};

template <auto kAlloc, auto kFree>
void Pairs(size_t size, int pairs) {
  for (int i = 0; i < pairs; ++i) kFree(Opaque(kAlloc(size)));
}

// 64 blocks alive at a time, freed in the order they came.
template <auto kAlloc, auto kFree>
void Batches(size_t size, int pairs) {
  std::array<void*, 64> blocks;
  for (int i = 0; i < pairs; i += static_cast<int>(blocks.size())) {
    for (void*& block : blocks) block = Opaque(kAlloc(size));
    for (void* block : blocks) kFree(block);
  }
}

template <auto kAlloc, auto kFree>
void PairsInScopes(size_t size, int pairs) {
  for (int i = 0; i < pairs; ++i) {
    const tare::LibraryScope library;
    kFree(Opaque(kAlloc(size)));
  }
}

inline void* Calloc(size_t size) {
  return calloc(1, size);
}
inline void* CallocAlone(size_t size) {
  return tare_je_calloc(1, size);
}
inline void* New(size_t size) {
  return ::operator new(size);
}
inline void Delete(void* p) {
  ::operator delete(p);
}

constexpr auto kPairs = &Pairs<&malloc, &free>;
constexpr auto kPairsAlone = &Pairs<&tare_je_malloc, &tare_je_free>;
constexpr auto kBatches = &Batches<&malloc, &free>;
constexpr auto kBatchesAlone = &Batches<&tare_je_malloc, &tare_je_free>;

constexpr Work kWorks[] = {
    {"malloc/free", 16, 1, kPairs, kPairsAlone},
    {"malloc/free", 64, 1, kPairs, kPairsAlone},
    {"malloc/free", 512, 1, kPairs, kPairsAlone},
    {"malloc/free", 4096, 1, kPairs, kPairsAlone},
    {"malloc/free", 16384, 1, kPairs, kPairsAlone},
    {"malloc/free, 64 alive", 64, 1, kBatches, kBatchesAlone},
    {"calloc/free", 64, 1, &Pairs<&Calloc, &free>, &Pairs<&CallocAlone, &tare_je_free>},
    {"new/delete", 64, 1, &Pairs<&New, &Delete>, &Pairs<&tare_je_new, &tare_je_delete>},
    {"malloc/free", 64, 2, kPairs, kPairsAlone},
    {"malloc/free, a scope", 64, 1, &PairsInScopes<&malloc, &free>, kPairs},
};

constexpr int kPairsPerWindow = 1 << 15;

double ThreadCpuNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Runs one window on each of `threads` threads at once and returns their mean CPU time per pair:
// time in which another process had the CPU is not ours.
class Window {
 public:
  explicit Window(int threads) : threads_(threads) {
    for (int i = 1; i < threads; ++i) helpers_.emplace_back([this] { Help(); });
  }
  ~Window() {
    work_ = nullptr;
    turn_.fetch_add(1, std::memory_order_release);
    for (std::thread& helper : helpers_) helper.join();
  }

  double Time(void (*work)(size_t, int), size_t size) {
    work_ = work;
    size_ = size;
    done_.store(0, std::memory_order_relaxed);
    nanoseconds_.store(0, std::memory_order_relaxed);
    turn_.fetch_add(1, std::memory_order_release);
    Work();
    while (done_.load(std::memory_order_acquire) != threads_) std::this_thread::yield();
    return nanoseconds_.load(std::memory_order_relaxed) / kPairsPerWindow / threads_;
  }

 private:
  void Help() {
    for (int turn = 1;; ++turn) {
      while (turn_.load(std::memory_order_acquire) != turn) std::this_thread::yield();
      if (work_ == nullptr) return;
      Work();
    }
  }

  void Work() {
    const double start = ThreadCpuNanoseconds();
    work_(size_, kPairsPerWindow);
    nanoseconds_.fetch_add(ThreadCpuNanoseconds() - start, std::memory_order_relaxed);
    done_.fetch_add(1, std::memory_order_release);
  }

  const int threads_;
  void (*work_)(size_t, int) = nullptr;
  size_t size_ = 0;
  std::atomic<int> turn_{0};
  std::atomic<int> done_{0};
  std::atomic<double> nanoseconds_{0};
  std::vector<std::thread> helpers_;
};

struct Estimate {
  double median, low, high;
};

// The median with its distribution-free 95 % interval: two order statistics.
Estimate MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double n = static_cast<double>(values.size());
  const double reach = 1.96 * std::sqrt(n) / 2;
  const size_t low = static_cast<size_t>(std::max(0.0, std::floor(n / 2 - reach)));
  const size_t high = std::min(values.size() - 1, static_cast<size_t>(std::ceil(n / 2 + reach)));
  const size_t mid = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[mid] : (values[mid - 1] + values[mid]) / 2;
  return {median, values[low], values[high]};
}

void Report(const Work& work, int rounds) {
  Window window(work.threads);
  window.Time(work.counted, work.size);  // warm-up
  window.Time(work.alone, work.size);
  std::vector<double> counted, alone, ratio;
  for (int round = 0; round < rounds; ++round) {
    const double a1 = window.Time(work.counted, work.size);
    const double b1 = window.Time(work.alone, work.size);
    const double b2 = window.Time(work.alone, work.size);
    const double a2 = window.Time(work.counted, work.size);
    counted.push_back((a1 + a2) / 2);
    alone.push_back((b1 + b2) / 2);
    ratio.push_back((a1 + a2) / (b1 + b2));
  }
  const Estimate r = MedianOf(ratio);
  std::printf("%-22s %6zu %8d %9.2f %9.2f   %5.3f [%5.3f, %5.3f]\n", work.name, work.size,
              work.threads, MedianOf(alone).median, MedianOf(counted).median, r.median, r.low,
              r.high);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 101;
  if (argc == 3 && std::strcmp(argv[1], "--rounds") == 0) {
    char* end = nullptr;
    const long value = std::strtol(argv[2], &end, 10);
    if (*end != '\0' || value < 9 || value > 100000) {
      std::fprintf(stderr, "bench_count: --rounds takes a number from 9 to 100000, not \"%s\"\n",
                   argv[2]);
      return 2;
    }
    rounds = static_cast<int>(value);
  } else if (argc != 1) {
    std::fprintf(stderr, "usage: bench_count [--rounds N]\n");
    return 2;
  }
  std::printf("# counting allocs, frees and requested bytes, over %s; %d paired rounds\n",
              tare::AllocScope::Allocator().data(), rounds);
  std::printf("%-22s %6s %8s %9s %9s   %s\n", "pair", "bytes", "threads", "alone ns", "ours ns",
              "ratio, median [95 %]");
  for (const Work& work : kWorks) Report(work, rounds);
  return 0;
}
