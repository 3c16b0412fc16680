// SPDX-License-Identifier: Apache-2.0
// The counting window of a benchmark thread: open exactly while Google Benchmark's timer runs.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "tare/meter.h"

namespace tare::bench {

// One total a line of kMeteredCounters, in its order.
using Totals = std::array<uint64_t, std::size(kMeteredCounters)>;

// Each thread has one, used again for every run. A run of a benchmark takes the windows of its
// threads through Enter, Open, {Pause, Resume}, End, Close; exactly one thread of a run leads. A
// run that is skipped may end anywhere; the next Enter begins afresh. Google Benchmark runs one
// benchmark at a time: so does this class.
class Window {
 public:
  static Window& OfThisThread() noexcept;

  // Before the barrier at which the threads of a benchmark start: from here on what this thread
  // does is no helper thread's work.
  void Enter(bool leads) noexcept;
  // After that barrier, before the first timed iteration.
  void Open() noexcept;
  void Pause() noexcept;
  void Resume() noexcept;
  // After the last of this thread's `iterations`, before the barrier at which all `threads` end.
  void End(int64_t iterations, int threads) noexcept;
  // After that barrier.
  void Close() noexcept;

  // What was counted between Open and End. The helper threads' part is in the leader's.
  const Totals& totals() const { return totals_; }
  // How many windows this thread has opened so far.
  uint64_t opened() const { return opened_; }
  // Of the last run that ended: wall time between Open and End in the thread that led, pauses
  // included. Since Google Benchmark 1.9.3 a program may run that thread as it likes.
  static std::chrono::nanoseconds LastDuration();
  // Of the leader, after Close and where TimeOtherThreads says so: CPU time of all threads that are
  // none of the benchmark's, from the first Open to the last End, pauses included.
  std::chrono::nanoseconds cpu_of_others() const { return cpu_of_others_; }
  bool leads() const { return led_; }

  // Whether runs of this thread that begin from here on read the counters that split as well.
  void SplitFromHere(bool on) noexcept { splits_ = on; }
  bool splits() const { return splits_; }

 private:
  Totals totals_{};
  Totals start_{};
  uint64_t opened_ = 0;
  std::chrono::steady_clock::time_point opened_at_{};
  std::chrono::nanoseconds cpu_at_open_{};  // of this thread
  std::chrono::nanoseconds cpu_of_others_{};
  bool counting_ = false;
  bool leads_ = false;  // until it is closed
  bool led_ = false;    // in the last run
  bool splits_ = false;
};

// Puts the totals of this thread's window into state.counters, each to be divided by the iterations
// of all threads. Counters that do not apply here are left out.
void AttachCounts(benchmark::State& state);

// The most bytes that were alive at once between the first Open and the last End of the last run,
// above those that were alive at the first Open; only while count::PeakIsOn().
int64_t PeakOfLastRun();

// Google Benchmark's CPU time is that of the benchmark's own threads, unless the benchmark asks for
// the process's. Where `on`, AttachCounts adds what the others spent, under this name, in seconds.
inline constexpr char kCpuOfOthers[] = "tare:cpu-s-of-others";
void TimeOtherThreads(bool on);

// Whether what runs from now on records the sites of what is counted; not while one does. Needs
// StartSites (tare/sites.h).
void RecordSites(bool on);

// Whether every benchmark of the program is metered, or only those with a Meter. Set before any
// benchmark runs.
void MeterEveryBenchmark();
bool EveryBenchmarkIsMetered();

}  // namespace tare::bench
