// SPDX-License-Identifier: Apache-2.0
// The pairing heap behind Timers.
#include "impl/loop/timers.h"

#include <utility>

namespace tare::io {

// Both are roots: the later one becomes the first child of the earlier one.
Timer* Timers::Meld(Timer* a, Timer* b) noexcept {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  if (b->when_ < a->when_) std::swap(a, b);
  b->next_ = a->child_;
  if (b->next_ != nullptr) b->next_->prev_ = b;
  b->prev_ = a;
  a->child_ = b;
  return a;
}

// Two passes, without recursion: pairs from left to right, then all of those into one.
Timer* Timers::MeldChildren(Timer* first) noexcept {
  Timer* pairs = nullptr;
  while (first != nullptr) {
    Timer* a = first;
    Timer* b = a->next_;
    first = b != nullptr ? b->next_ : nullptr;
    a->next_ = nullptr;
    if (b != nullptr) b->next_ = nullptr;
    Timer* pair = Meld(a, b);
    pair->next_ = pairs;
    pairs = pair;
  }
  Timer* root = nullptr;
  while (pairs != nullptr) {
    Timer* pair = pairs;
    pairs = pair->next_;
    pair->next_ = nullptr;
    root = Meld(root, pair);
  }
  return root;
}

void Timers::Arm(Timer& timer, Deadline when) noexcept {
  TARE_CHECK(!timer.armed());
  timer.when_ = when;
  timer.child_ = timer.next_ = nullptr;
  root_ = Meld(root_, &timer);
  root_->prev_ = root_;
}

void Timers::UnlinkFromHeap(Timer& timer) noexcept {
  if (&timer == root_) {
    root_ = MeldChildren(timer.child_);
  } else {
    if (timer.prev_->child_ == &timer) {
      timer.prev_->child_ = timer.next_;
    } else {
      timer.prev_->next_ = timer.next_;
    }
    if (timer.next_ != nullptr) timer.next_->prev_ = timer.prev_;
    root_ = Meld(root_, MeldChildren(timer.child_));
  }
  if (root_ != nullptr) root_->prev_ = root_;
  timer.child_ = timer.next_ = timer.prev_ = nullptr;
}

void Timers::UnlinkFromDue(Timer& timer) noexcept {
  const bool first = &timer == due_;
  if (first) {
    due_ = timer.next_;
  } else {
    timer.prev_->next_ = timer.next_;
  }
  if (timer.next_ != nullptr) timer.next_->prev_ = first ? timer.next_ : timer.prev_;
  timer.next_ = timer.prev_ = nullptr;
  timer.is_due_ = false;
}

void Timers::Disarm(Timer& timer) noexcept {
  if (!timer.armed()) return;
  if (timer.is_due_) {
    UnlinkFromDue(timer);
  } else {
    UnlinkFromHeap(timer);
  }
}

int Timers::FireDue(Deadline now) noexcept {
  TARE_CHECK(due_ == nullptr);
  // Set apart first: a timer that arms itself for the past must not keep the loop here. One that
  // fires may still disarm another of them.
  Timer* last = nullptr;
  while (root_ != nullptr && root_->when_ <= now) {
    Timer& timer = *root_;
    UnlinkFromHeap(timer);
    timer.is_due_ = true;
    timer.prev_ = last != nullptr ? last : &timer;
    (last != nullptr ? last->next_ : due_) = &timer;
    last = &timer;
  }
  int fired = 0;
  while (due_ != nullptr) {
    Timer& timer = *due_;
    UnlinkFromDue(timer);
    ++fired;
    timer.fire(timer);
  }
  return fired;
}

}  // namespace tare::io
