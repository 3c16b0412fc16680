// SPDX-License-Identifier: Apache-2.0
// Parker: one thread waits until another says go; lives on the waiter's stack.
#pragma once

#include <atomic>

namespace tare::io {

// For one Park and one Unpark. What Unpark's thread did before is seen by Park's after.
class Parker {
 public:
  // Blocks until Unpark; returns at once if that was before.
  void Park() noexcept { flag_.wait(0, std::memory_order_acquire); }

  // From any thread, once. The Parker may be gone when this returns: the wake-up names its address
  // only to the kernel, which finds nobody there.
  void Unpark() noexcept {
    // Sequentially consistent, for notify_one looks whether anybody waits before it wakes: a store
    // that the processor lets that look overtake would wake nobody.
    flag_.store(1, std::memory_order_seq_cst);
    flag_.notify_one();
  }

  bool unparked() const noexcept { return flag_.load(std::memory_order_acquire) != 0; }

 private:
  std::atomic<int> flag_{0};
};

}  // namespace tare::io
