// SPDX-License-Identifier: Apache-2.0
// Context: what may end a read before its bytes come: nothing, a cancel, or a deadline.
#pragma once

#include <atomic>

#include "impl/base/errc.h"
#include "impl/loop/timers.h"

namespace tare::io::ws_frames {

// Made by whoever reads, and given to any number of reads on any number of connections. It ends
// once, and stays ended. Whoever is to be told links himself to it, and nothing is allocated.
//
// It may be destroyed as soon as no read under it is pending, on any thread unless it has a
// deadline: links that are left go out of it.
class Context {
 public:
  class Link;

  // The one that cannot end, not even by Cancel. Nothing is ever linked to it.
  static Context& None() noexcept;

  // Ends by Cancel.
  Context() noexcept = default;
  // Ends by Cancel, or with kTimeout at `deadline`; at once if that has passed. Belongs to the
  // thread whose `timers` these are, but for Cancel.
  Context(Timers& timers, Deadline deadline) noexcept;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  // From any thread. Everything that is linked has been woken when it returns, by this call or the
  // one that came first.
  void Cancel() noexcept { End(Errc::kCanceled); }

  // kOk while it has not ended, else kCanceled or kTimeout. From any thread: one load.
  Errc why() const noexcept {
    const Errc now = why_.load(std::memory_order_relaxed);
    return now == Errc::kOk ? now : why_.load(std::memory_order_acquire);
  }

 private:
  struct DeadlineTimer : Timer {
    Context* owner = nullptr;
    Timers* timers = nullptr;
  };

  void End(Errc why) noexcept;

  std::atomic<Errc> why_{Errc::kOk};
  Link* first_ = nullptr;  // under the lock of this address
  DeadlineTimer timer_;
};

// Who is told when a context ends; embedded, and used on one thread, but for `wake`.
class Context::Link {
 public:
  // Called on the thread that ends the context, once at most for each MoveTo. Must not touch
  // contexts or links; what it does is to get word to the owner's thread. May come for a context
  // that the owner has no more to do with by then: whoever is woken looks at the state of things.
  using Wake = void (*)(Link&) noexcept;

  explicit Link(Wake wake, void* owner = nullptr) noexcept : wake_(wake), owner_(owner) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { Leave(); }

  // Whose it is: for `wake`.
  void* owner() const noexcept { return owner_; }
  // The one it is at; null once that is gone.
  const Context* context() const noexcept { return context_.load(std::memory_order_relaxed); }

  // Leaves the context it is at for another one.
  void MoveTo(Context& context) noexcept;
  // When it returns, no `wake` is under way and none will come.
  void Leave() noexcept;

 private:
  friend class Context;

  const Wake wake_;
  void* const owner_;
  std::atomic<Context*> context_{nullptr};  // null only under the lock of the context it was at
  Link* next_ = nullptr;                    // under that lock too
  Link* prev_ = nullptr;
};

}  // namespace tare::io::ws_frames
