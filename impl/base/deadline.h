// SPDX-License-Identifier: Apache-2.0
// Deadline: a point on the monotonic clock, and the clock itself.
#pragma once

#include <compare>
#include <cstdint>

namespace tare::io {

// Nanoseconds on the clock that never steps. 0 and less lie in the past, the largest value never
// comes.
struct Deadline {
  int64_t ns = kNever;

  static constexpr int64_t kNever = INT64_MAX;

  static constexpr Deadline Never() noexcept { return {kNever}; }
  static constexpr Deadline Past() noexcept { return {0}; }

  // `ns` nanoseconds from this one. Never stays never, and what would overflow becomes never.
  constexpr Deadline Plus(int64_t nanos) const noexcept {
    if (ns == kNever) return *this;
    int64_t sum = 0;
    if (__builtin_add_overflow(ns, nanos, &sum)) return nanos > 0 ? Never() : Past();
    return {sum};
  }

  friend constexpr bool operator==(Deadline, Deadline) = default;
  friend constexpr auto operator<=>(Deadline, Deadline) = default;
};

// Reads the monotonic clock; about 24 ns where the system answers without a call.
Deadline Now() noexcept;

// The same clock as of the last tick: never ahead of Now(), at most a few milliseconds behind,
// about 6 ns.
Deadline CoarseNow() noexcept;

// The one that comes first.
constexpr Deadline Earlier(Deadline a, Deadline b) noexcept {
  return a < b ? a : b;
}

// How long to wait for `d` in one go, in nanoseconds, never less than 0: kNever for never. The way
// there is cut short when it is long (over a second), to be able to look at the cheap clock first;
// so whoever waits looks again, and sees the exact clock on the last stretch: never late for having
// saved 18 ns.
int64_t NanosToWaitFor(Deadline d) noexcept;  // of one that comes
inline int64_t NanosToWait(Deadline d) noexcept {
  return d == Deadline::Never() ? Deadline::kNever : NanosToWaitFor(d);
}

// Whether `d` has passed. Costs a look at the cheap clock while it is far away.
bool HasComeAndPassed(Deadline d) noexcept;  // of one that comes
inline bool HasPassed(Deadline d) noexcept {
  return d != Deadline::Never() && HasComeAndPassed(d);
}

}  // namespace tare::io
