// SPDX-License-Identifier: Apache-2.0
// WakeFd over an eventfd.
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "impl/backend/wake.h"

namespace tare::io {

WakeFd::WakeFd() noexcept : handle_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (handle_ < 0) made_ = {0, FromErrno(errno), errno};
}

WakeFd::~WakeFd() {
  if (handle_ >= 0) close(handle_);
}

void WakeFd::Signal() noexcept {
  const int saved = errno;
  const uint64_t one = 1;
  // Full (EAGAIN) is readable as well.
  while (write(handle_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = saved;
}

void WakeFd::Drain() noexcept {
  uint64_t count;
  while (read(handle_, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

}  // namespace tare::io
