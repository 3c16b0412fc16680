// SPDX-License-Identifier: Apache-2.0
// BusyPoll: any backend, asked again and again for a while before it may wait.
#pragma once

#include <string_view>

#include "impl/backend/backend.h"

namespace tare::io {

// Trades a CPU for the time that falling asleep and waking up takes. Loopback has no device whose
// queue the kernel could poll (SO_BUSY_POLL does nothing there), so this spins in user space, and
// bounded.
template <class B>
class BusyPoll : public B {
 public:
  static constexpr std::string_view kMode = "busy_poll";
  static constexpr int64_t kSpin = 50'000;  // nanoseconds

  int Poll(Deadline d) noexcept {
    if (const int count = B::Poll(Deadline::Past()); count > 0 || d <= Deadline::Past())
      return count;
    const Deadline until = Earlier(d, Now().Plus(kSpin));
    while (Now() < until && !B::Woken()) {
      if (const int count = B::Poll(Deadline::Past()); count > 0) return count;
    }
    return B::Poll(d);
  }
};

}  // namespace tare::io
