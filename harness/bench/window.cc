// SPDX-License-Identifier: Apache-2.0
// Takes differences of running totals around the timed stretches of a benchmark's threads.
#include "bench/window.h"

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <mutex>

#include "bench/plant.h"
#include "count/counters.h"
#include "count/peak.h"
#include "count/sites.h"

namespace tare::bench {
namespace {

// 0 of the counters that split, unless they are read as well.
Totals Read(MeteredThreads whose, bool splits) noexcept {
  Totals now{};
  for (size_t i = 0; i < now.size(); ++i) {
    if (!kMeteredCounters[i].splits || splits) now[i] = kMeteredCounters[i].read(whose);
  }
  return now;
}

void AddDifference(const Totals& start, const Totals& end, Totals& sum) noexcept {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += end[i] - start[i];
}

constinit bool g_time_others = false;

std::chrono::nanoseconds CpuTime(clockid_t clock) noexcept {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return {};
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// What helper threads do from the first timed iteration of any benchmark thread to the last of any.
// A thread that starts first may put a helper to work before the others have left the barrier, and
// one that leaves the end barrier first may have it tear something down: hence the first of the
// readings after the one, and the last of the readings before the other.
class HelperThreads {
 public:
  void Reset(bool splits) noexcept {
    const std::lock_guard lock(mutex_);
    splits_ = splits;
    started_ = false;
    ended_ = 0;
    first_ = last_ = {};
    cpu_of_process_ = cpu_of_benchmark_ = {};
  }
  void NoteStart() noexcept {
    const std::lock_guard lock(mutex_);
    if (started_) return;
    started_ = true;
    first_ = last_ = Read(MeteredThreads::kOthers, splits_);
    count::ResetPeak();
    if (g_time_others) cpu_at_start_ = CpuTime(CLOCK_PROCESS_CPUTIME_ID);
  }
  // `cpu` is what the thread spent since it started. Returns how many benchmark threads have ended.
  int NoteEnd(std::chrono::nanoseconds cpu) noexcept {
    const std::lock_guard lock(mutex_);
    last_ = Read(MeteredThreads::kOthers, splits_);
    peak_ = count::PeakSinceReset();
    cpu_of_benchmark_ += cpu;
    if (g_time_others) cpu_of_process_ = CpuTime(CLOCK_PROCESS_CPUTIME_ID) - cpu_at_start_;
    return ++ended_;
  }
  // Never below 0: the kernel's account of a thread that runs elsewhere may lag behind by a tick.
  std::chrono::nanoseconds Cpu() noexcept {
    const std::lock_guard lock(mutex_);
    return std::max(cpu_of_process_ - cpu_of_benchmark_, std::chrono::nanoseconds(0));
  }
  void AddTo(Totals& sum) noexcept {
    const std::lock_guard lock(mutex_);
    AddDifference(first_, last_, sum);
  }
  // Of all threads, up to the last end.
  int64_t peak() noexcept {
    const std::lock_guard lock(mutex_);
    return peak_;
  }

 private:
  std::mutex mutex_;
  bool splits_ = false;
  bool started_ = false;
  int ended_ = 0;
  Totals first_{};
  Totals last_{};
  int64_t peak_ = 0;
  std::chrono::nanoseconds cpu_at_start_{};  // of the process
  std::chrono::nanoseconds cpu_of_process_{}, cpu_of_benchmark_{};
};

constinit thread_local Window t_window;
constinit HelperThreads g_helpers;
constinit std::chrono::nanoseconds g_last_duration{};
constinit bool g_every_benchmark = false;
constinit bool g_record_sites = false;

}  // namespace

Window& Window::OfThisThread() noexcept {
  return t_window;
}

std::chrono::nanoseconds Window::LastDuration() {
  return g_last_duration;
}

void Window::Enter(bool leads) noexcept {
  // The role stays until the thread ends. Were it given back after the end barrier, what this
  // thread does then could still fall into the helper threads' account.
  count::SetThisThreadRole(count::Role::kBenchmark);
  // The first reading of a thread sets up what counters keep for it.
  Read(MeteredThreads::kThis, splits_);
  if (leads) g_helpers.Reset(splits_);
  leads_ = led_ = leads;
  totals_ = {};
  cpu_of_others_ = {};
  counting_ = false;
  if (g_record_sites) count::RecordThisThread(false);  // the last run may have been skipped
  if (count::PeakIsOn()) count::PausePeak(true);
}

void Window::Open() noexcept {
  ++opened_;
  opened_at_ = std::chrono::steady_clock::now();
  g_helpers.NoteStart();
  if (g_time_others) cpu_at_open_ = CpuTime(CLOCK_THREAD_CPUTIME_ID);
  if (g_record_sites) count::RecordOthers(true);
  Resume();
  if (ThePlant() == Plant::kPeak) PlantWhileOpen(leads_);
}

void Window::Pause() noexcept {
  if (!counting_) return;
  counting_ = false;
  if (g_record_sites) count::RecordThisThread(false);
  if (count::PeakIsOn()) count::PausePeak(true);
  AddDifference(start_, Read(MeteredThreads::kThis, splits_), totals_);
}

void Window::Resume() noexcept {
  counting_ = true;
  if (count::PeakIsOn()) count::PausePeak(false);
  start_ = Read(MeteredThreads::kThis, splits_);
  if (g_record_sites) count::RecordThisThread(true);
}

void Window::End(int64_t iterations, int threads) noexcept {
  if (ThePlant() != Plant::kNone) {
    if (!counting_) Resume();  // the loop may have ended in a pause
    PlantInWindow(iterations, leads_);
  }
  Pause();
  // As the counts: up to the last reading. Past the barrier it is too late, for another thread may
  // be the first to leave that.
  const std::chrono::nanoseconds cpu =
      g_time_others ? CpuTime(CLOCK_THREAD_CPUTIME_ID) - cpu_at_open_ : std::chrono::nanoseconds(0);
  if (g_helpers.NoteEnd(cpu) == threads && g_record_sites) count::RecordOthers(false);
  if (leads_) g_last_duration = std::chrono::steady_clock::now() - opened_at_;
}

void Window::Close() noexcept {
  if (!leads_) return;
  leads_ = false;                                  // a skipped benchmark may close twice
  if (g_record_sites) count::RecordOthers(false);  // a skipped run may end without all ends
  g_helpers.AddTo(totals_);
  cpu_of_others_ = g_helpers.Cpu();
  if (ThePlant() == Plant::kNone) return;
  PlantAfterWindow();
  if (ThePlant() == Plant::kBytes) {
    for (size_t i = 0; i < totals_.size(); ++i) {
      const auto read = kMeteredCounters[i].read;
      if (read == &ReadBytesRequested || read == &ReadBytesUsable ||
          read == &ReadOwnBytesRequested) {
        totals_[i] += kPlantedBytes;
      }
    }
  }
}

void AttachCounts(benchmark::State& state) {
  const Window& window = Window::OfThisThread();
  const Totals& totals = window.totals();
  for (size_t i = 0; i < totals.size(); ++i) {
    if (!kMeteredCounters[i].why_not().empty()) continue;
    if (kMeteredCounters[i].splits && !window.splits()) continue;
    // A total below 2^53 is exact in a double, and so is the sum over the threads.
    state.counters[kMeteredCounters[i].unit] =
        benchmark::Counter(static_cast<double>(totals[i]), benchmark::Counter::kAvgIterations);
  }
  if (g_time_others && window.leads()) {
    state.counters[kCpuOfOthers] =
        benchmark::Counter(std::chrono::duration<double>(window.cpu_of_others()).count(),
                           benchmark::Counter::kAvgIterations);
  }
}

void TimeOtherThreads(bool on) {
  g_time_others = on;
}

int64_t PeakOfLastRun() {
  return g_helpers.peak();
}

void RecordSites(bool on) {
  g_record_sites = on;
}

void MeterEveryBenchmark() {
  g_every_benchmark = true;
}
bool EveryBenchmarkIsMetered() {
  return g_every_benchmark;
}

}  // namespace tare::bench
