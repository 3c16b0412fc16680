// SPDX-License-Identifier: Apache-2.0
// DeadlineFd over a timerfd.
#include "impl/backend/deadline_fd.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>

namespace tare::io {

DeadlineFd::DeadlineFd() noexcept
    : handle_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (handle_ < 0) made_ = {0, FromErrno(errno), errno};
}

DeadlineFd::~DeadlineFd() {
  if (handle_ >= 0) close(handle_);
}

int64_t DeadlineFd::LimitOfAnother(Deadline d) noexcept {
  if (d <= Deadline::Past()) return 0;
  if (d != asked_) {
    asked_ = d;
    return NanosToWait(d);
  }
  const itimerspec at = {{0, 0}, {d.ns / 1'000'000'000, d.ns % 1'000'000'000}};
  if (timerfd_settime(handle_, TFD_TIMER_ABSTIME, &at, nullptr) < 0) return NanosToWait(d);
  set_ = d;
  return Deadline::kNever;
}

void DeadlineFd::Drain() noexcept {
  uint64_t count;
  while (read(handle_, &count, sizeof count) < 0 && errno == EINTR) {
  }
  set_ = Deadline::Never();
}

}  // namespace tare::io
