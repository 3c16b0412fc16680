// SPDX-License-Identifier: Apache-2.0
// Contexts and their links under locks that outlive both.
#include "impl/ws_frames/context.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace tare::io::ws_frames {
namespace {

// A link must be able to leave a context that is being destroyed on another thread: the lock is
// found by the context's address, and is there when the context no longer is. Taken when a
// connection changes contexts, not when it reads.
constinit std::array<std::mutex, 64> g_locks;

std::mutex& LockOf(const Context* context) noexcept {
  const auto mixed = reinterpret_cast<uintptr_t>(context) * uintptr_t{0x9e3779b97f4a7c15u};
  return g_locks[mixed >> 58];
}

}  // namespace

Context& Context::None() noexcept {
  static Context none;
  return none;
}

Context::Context(Timers& timers, Deadline deadline) noexcept {
  if (HasPassed(deadline)) {
    End(Errc::kTimeout);
    return;
  }
  if (deadline == Deadline::Never()) return;
  timer_.owner = this;
  timer_.timers = &timers;
  timer_.fire = [](Timer& timer) noexcept {
    static_cast<DeadlineTimer&>(timer).owner->End(Errc::kTimeout);
  };
  timers.Arm(timer_, deadline);
}

Context::~Context() {
  if (timer_.timers != nullptr) timer_.timers->Disarm(timer_);
  const std::lock_guard lock(LockOf(this));
  for (Link* link = first_; link != nullptr;) {
    Link* const next = link->next_;  // its owner may put it elsewhere as soon as it is out of here
    link->context_.store(nullptr, std::memory_order_release);
    link = next;
  }
}

void Context::End(Errc why) noexcept {
  if (this == &None()) return;
  // Under the lock, so that who comes second returns when the first has woken all; and who links
  // himself after this loop of wakes sees it.
  const std::lock_guard lock(LockOf(this));
  if (why_.load(std::memory_order_relaxed) != Errc::kOk) return;
  why_.store(why, std::memory_order_release);
  for (Link* link = first_; link != nullptr; link = link->next_) link->wake_(*link);
}

void Context::Link::MoveTo(Context& context) noexcept {
  Leave();
  if (&context == &None()) {
    context_.store(&context, std::memory_order_relaxed);
    return;
  }
  const std::lock_guard lock(LockOf(&context));
  context_.store(&context, std::memory_order_relaxed);
  prev_ = nullptr;
  next_ = context.first_;
  if (next_ != nullptr) next_->prev_ = this;
  context.first_ = this;
}

void Context::Link::Leave() noexcept {
  // The context may go meanwhile, and with it the link's place in it.
  while (Context* context = context_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(LockOf(context));
    if (context_.load(std::memory_order_relaxed) != context) continue;
    context_.store(nullptr, std::memory_order_relaxed);
    if (context == &None()) return;
    if (next_ != nullptr) next_->prev_ = prev_;
    (prev_ != nullptr ? prev_->next_ : context->first_) = next_;
    return;
  }
}

}  // namespace tare::io::ws_frames
