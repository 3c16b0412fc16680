// SPDX-License-Identifier: Apache-2.0
// What the machine keeps from this process, as Linux says it: the time in line for a CPU of each
// thread, and the time that the host of a virtual machine has taken.
#include "suites/support/time_scale.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace tare::suites {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSanitizerScale = 5;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr double kSanitizerScale = 5;
#else
constexpr double kSanitizerScale = 1;
#endif
#else
constexpr double kSanitizerScale = 1;
#endif

double ReadTimeScale() {
  const char* text = std::getenv("TARE_TIME_SCALE");
  const double scale = text != nullptr ? std::atof(text) : 1;
  if (scale <= 0) {
    std::fprintf(stderr, "TARE_TIME_SCALE=%s: not a number above 0, so it counts as 1\n", text);
    return kSanitizerScale;
  }
  return scale * kSanitizerScale;
}

// The n-th of the numbers in `text` that blanks separate, from 0 on; 0 if there is none.
int64_t NumberAt(std::string_view text, int n) noexcept {
  for (; n > 0 && !text.empty(); --n) {
    text.remove_prefix(std::min(text.find(' '), text.size()));
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  int64_t number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The beginning of a file, as much as `room` holds; empty if it cannot be read.
std::string_view Beginning(int folder, const char* path, char* room, size_t size) noexcept {
  const int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const ssize_t n = read(file, room, size);
  close(file);
  return {room, n > 0 ? static_cast<size_t>(n) : 0};
}

// In line for a CPU: the second number of schedstat, in nanoseconds.
int64_t InLine() noexcept {
  const int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (tasks < 0) return 0;
  int64_t sum = 0;
  // As getdents64 lays entries out; readdir would allocate.
  alignas(8) char entries[4096];
  struct Entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[1];
  };
  for (long n; (n = syscall(SYS_getdents64, tasks, entries, sizeof entries)) > 0;) {
    for (long at = 0; at < n;) {
      uint16_t size = 0;
      std::memcpy(&size, entries + at + offsetof(Entry, size), sizeof size);
      const std::string_view name = entries + at + offsetof(Entry, name);
      at += size;
      char path[32];
      if (name.front() == '.' || name.size() > 12) continue;
      std::snprintf(path, sizeof path, "%s/schedstat", name.data());
      char text[128];
      sum += NumberAt(Beginning(tasks, path, text, sizeof text), 1);
    }
  }
  close(tasks);
  return sum;
}

// Taken by the host, from all CPUs: the eighth number behind the "cpu" that /proc/stat begins with,
// in ticks.
int64_t Stolen() noexcept {
  static const int64_t tick = 1'000'000'000 / std::max(sysconf(_SC_CLK_TCK), 1L);
  char text[256];
  return NumberAt(Beginning(AT_FDCWD, "/proc/stat", text, sizeof text), 8) * tick;
}

int64_t MonotonicNow() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t LatelyStalled() noexcept {
  constexpr int64_t kLately = 50'000'000;
  thread_local int64_t looked = 0, seen = 0;
  if (const int64_t now = MonotonicNow(); looked == 0 || now - looked > kLately) {
    seen = Stalled();
    looked = now;
  }
  return seen;
}

// More than that is not forgiven: a tenth of the time is always the process's own.
constexpr int64_t kMost = 9;

}  // namespace

int64_t Scaled(int64_t nanos) {
  static const double scale = ReadTimeScale();
  return static_cast<int64_t>(static_cast<double>(nanos) * scale);
}

int64_t Stalled() noexcept {
  return InLine() + Stolen();
}

const MachineClock MachineClock::kReal = {&MonotonicNow, &Stalled, &LatelyStalled};

Stopwatch::Stopwatch(const MachineClock& clock) noexcept
    : clock_(clock), begin_(clock.now()), stalled_(clock.stalled()) {}

int64_t Stopwatch::Took() const noexcept {
  const int64_t passed = clock_.now() - begin_;
  return std::clamp(passed - (clock_.stalled() - stalled_), passed / (kMost + 1), passed);
}

Allowance::Allowance(int64_t nanos, const MachineClock& clock) noexcept
    : clock_(clock),
      nanos_(nanos),
      end_(clock.now() + nanos),
      stalled_(clock.lately_stalled()),
      until_(end_) {}

bool Allowance::Spent() noexcept {
  const int64_t now = clock_.now();
  if (now < until_) return false;
  const int64_t kept = std::clamp<int64_t>(clock_.stalled() - stalled_, 0, kMost * nanos_);
  if (kept < nanos_ / 8) return true;
  until_ = end_ + kept;
  return now >= until_;
}

}  // namespace tare::suites
