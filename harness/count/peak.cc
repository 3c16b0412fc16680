// SPDX-License-Identifier: Apache-2.0
// One total of live bytes and one of its highest value, both atomic.
#include "count/peak.h"

#include <atomic>

#include "count/slot.h"

namespace tare::count {
namespace {

constinit const char* g_why_not = "";
constinit std::atomic<int64_t> g_live = 0;  // since StartPeak
constinit std::atomic<int64_t> g_peak = 0;
constinit std::atomic<int64_t> g_level = 0;  // from which peaks are measured

void Raise(int64_t live) noexcept {
  int64_t peak = g_peak.load(std::memory_order_relaxed);
  while (peak < live && !g_peak.compare_exchange_weak(peak, live, std::memory_order_relaxed)) {
  }
}

}  // namespace

bool StartPeak() noexcept {
  if (PeakIsOn()) return true;
  if (kWhyNot[0] != '\0') {
    g_why_not = kWhyNot;
  } else if (!TrackLive()) {
    g_why_not = "other threads were at work before the benchmarks, whose calls are not seen";
  }
  return PeakIsOn();
}

std::string_view WhyNoPeak() noexcept {
  return g_why_not;
}

void ResetPeak() noexcept {
  const int64_t live = g_live.load(std::memory_order_relaxed);
  g_level.store(live, std::memory_order_relaxed);
  g_peak.store(live, std::memory_order_relaxed);
}

int64_t PeakSinceReset() noexcept {
  return g_peak.load(std::memory_order_relaxed) - g_level.load(std::memory_order_relaxed);
}

void PausePeak(bool pause) noexcept {
  t_slot.makes_no_peak = pause;
  if (!pause) Raise(g_live.load(std::memory_order_relaxed));
}

void AddLive(int64_t delta, bool is_paused) noexcept {
  const int64_t live = g_live.fetch_add(delta, std::memory_order_relaxed) + delta;
  if (delta > 0 && !is_paused) Raise(live);
}

}  // namespace tare::count
