// SPDX-License-Identifier: Apache-2.0
// Timers: deadlines in order, linked through the timers themselves; nothing is allocated.
#pragma once

#include "impl/base/check.h"
#include "impl/base/deadline.h"

namespace tare::io {

// One deadline and what to do then. Embedded in whoever wants it; stays where it is while armed.
struct Timer {
  using Fire = void (*)(Timer&) noexcept;

  Fire fire =
      nullptr;  // the owner's. Called once, no longer armed; it may arm again and destroy the owner

  Deadline when() const noexcept { return when_; }
  bool armed() const noexcept { return prev_ != nullptr; }

 private:
  friend class Timers;
  Deadline when_;
  Timer* child_ = nullptr;  // first of those that come later
  Timer* next_ = nullptr;   // next child of the same parent
  Timer* prev_ = nullptr;   // previous child, or the parent of the first; itself at the root
  bool is_due_ = false;     // in the list of those about to fire, not in the heap
};

// A pairing heap: arming is O(1), disarming and firing O(log n) amortised, and the first deadline
// is at hand. Not thread-safe.
class Timers {
 public:
  Timers() = default;
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  ~Timers() { TARE_CHECK(root_ == nullptr); }

  bool empty() const noexcept { return root_ == nullptr; }
  // The earliest deadline; never if none is armed.
  Deadline First() const noexcept { return root_ != nullptr ? root_->when_ : Deadline::Never(); }

  // `timer` must not be armed.
  void Arm(Timer& timer, Deadline when) noexcept;
  // Does nothing if it is not armed.
  void Disarm(Timer& timer) noexcept;
  // Fires all that are due, earliest first, and returns how many. What they arm anew for `now` or
  // before waits for the next call.
  int FireDue(Deadline now) noexcept;

 private:
  static Timer* Meld(Timer* a, Timer* b) noexcept;
  static Timer* MeldChildren(Timer* first) noexcept;
  void UnlinkFromHeap(Timer& timer) noexcept;
  void UnlinkFromDue(Timer& timer) noexcept;

  Timer* root_ = nullptr;
  Timer* due_ =
      nullptr;  // taken out of the heap by FireDue, linked by next_ and prev_, not yet fired
};

}  // namespace tare::io
