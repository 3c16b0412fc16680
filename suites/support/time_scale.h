// SPDX-License-Identifier: Apache-2.0
// Bounds in time for the machine at hand: stretched by a factor that is set, and by what the
// machine is seen to keep from the test.
#pragma once

#include <cstdint>

namespace tare::suites {

// A bound in time, in nanoseconds, stretched by TARE_TIME_SCALE (a number, 1 by default), and by 5
// under a sanitizer.
int64_t Scaled(int64_t nanos);

// Nanoseconds, since a point that does not move, for which the threads of this process were ready
// to run and did not: another had the CPU, the quota of a cgroup was used up, or the host ran
// something else. The sum over the threads, so that of several it may grow faster than the time
// passes. What a thread that has ended has waited is no longer in it. It stays 0 where the system
// does not say. Allocates nothing; opens files and closes them again.
int64_t Stalled() noexcept;

// Where the time comes from: the monotonic clock and Stalled(), or what a test puts in their place.
struct MachineClock {
  int64_t (*now)() noexcept;
  int64_t (*stalled)() noexcept;
  int64_t (*lately_stalled)() noexcept;  // as of at most 50 ms ago, and cheaper

  static const MachineClock kReal;
};

// Measures how long something took, without what the machine kept from this process meanwhile: on a
// machine that is quiet, the time that has passed.
class Stopwatch {
 public:
  explicit Stopwatch(const MachineClock& clock = MachineClock::kReal) noexcept;

  // Nanoseconds; never more than have passed, and never less than a tenth of them, so that no fault
  // takes no time, however busy the machine is.
  int64_t Took() const noexcept;

 private:
  const MachineClock& clock_;
  const int64_t begin_;
  const int64_t stalled_;
};

// How long to wait for something that must happen, in nanoseconds from the construction on, before
// it is said that it does not. If the machine keeps an eighth of that time or more from this
// process, what it keeps is added, up to nine times the whole. Less is not: whoever looks once more
// may find what it was never woken for. It is not for bounds that are close to what is promised:
// those are a Stopwatch's. Making one costs a look at the clock, and at the rest every 50 ms.
class Allowance {
 public:
  explicit Allowance(int64_t nanos, const MachineClock& clock = MachineClock::kReal) noexcept;

  // The point on the monotonic clock at which to ask again.
  int64_t until() const noexcept { return until_; }
  // Whether it is used up. Moves until() if not.
  bool Spent() noexcept;

 private:
  const MachineClock& clock_;
  const int64_t nanos_;
  const int64_t end_;
  const int64_t stalled_;
  int64_t until_;
};

}  // namespace tare::suites
