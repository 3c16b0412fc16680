// SPDX-License-Identifier: Apache-2.0
// Waiter: somebody who wants a handshake to be over; and lines of them.
#pragma once

#include "impl/backend/backend.h"
#include "impl/base/deadline.h"
#include "impl/base/op.h"
#include "impl/loop/timers.h"

namespace tare::io::tls_handshake {

// Embedded in the caller; stays where it is from Handshake until `done`, which may destroy it.
struct Waiter : private Timer {
  using Done = void (*)(Waiter&, Result) noexcept;

  Waiter() = default;
  explicit Waiter(Done d, Deadline until = Deadline::Never()) noexcept : done(d), deadline(until) {}

  Done done = nullptr;
  Deadline deadline = Deadline::Never();

 private:
  template <Backend B>
  friend class Tls;
  friend class WaiterLine;
  void* connection_ = nullptr;
  Waiter* next_ = nullptr;
  Result result_;
};

// First in, first out.
class WaiterLine {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  void Push(Waiter& waiter) noexcept {
    waiter.next_ = nullptr;
    *end_ = &waiter;
    end_ = &waiter.next_;
  }
  // Null if there is none.
  Waiter* Pop() noexcept {
    Waiter* const waiter = first_;
    if (waiter != nullptr) (void)Remove(*waiter);
    return waiter;
  }
  // False if it is not in this line.
  bool Remove(Waiter& waiter) noexcept {
    for (Waiter** at = &first_; *at != nullptr; at = &(*at)->next_) {
      if (*at != &waiter) continue;
      *at = waiter.next_;
      if (end_ == &waiter.next_) end_ = at;
      return true;
    }
    return false;
  }

 private:
  Waiter* first_ = nullptr;
  Waiter** end_ = &first_;
};

}  // namespace tare::io::tls_handshake
