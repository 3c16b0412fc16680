// SPDX-License-Identifier: Apache-2.0
// The monotonic clock on POSIX systems.
#include <time.h>

#include "impl/base/deadline.h"

namespace tare::io {
namespace {

Deadline Read(clockid_t clock) noexcept {
  timespec t;
  clock_gettime(clock, &t);
  return {int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec};
}

// More than a tick of any kernel (1 to 10 ms), by which the cheap clock may lag.
constexpr int64_t kLag = 20'000'000;
constexpr int64_t kFar = 1'000'000'000;

}  // namespace

Deadline Now() noexcept {
  return Read(CLOCK_MONOTONIC);
}

Deadline CoarseNow() noexcept {
#ifdef CLOCK_MONOTONIC_COARSE
  return Read(CLOCK_MONOTONIC_COARSE);
#else
  return Read(CLOCK_MONOTONIC);
#endif
}

int64_t NanosToWaitFor(Deadline d) noexcept {
  if (d <= Deadline::Past()) return 0;
  const int64_t roughly = d.ns - CoarseNow().ns;
  if (roughly > kFar) return roughly - kLag;
  const int64_t exactly = d.ns - Now().ns;
  return exactly > 0 ? exactly : 0;
}

bool HasComeAndPassed(Deadline d) noexcept {
  if (d <= Deadline::Past()) return true;
  if (d.ns - CoarseNow().ns > kLag) return false;
  return Now() >= d;
}

}  // namespace tare::io
