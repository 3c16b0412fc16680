// SPDX-License-Identifier: Apache-2.0
// Splits what one thread counts between us and a library, without a word of it in malloc's path.
//
// At any moment one of the two pays, and the sum of the other stands still. That sum is all that is
// kept: the one who pays has the rest of the thread's total. At a switch the payer's sum comes to a
// stand: the total less what stood still until then. It goes into the other of two places, so that
// a reader who finds as many switches behind its reading as before it has read one state.
#pragma once

#include <cstdint>

#include "tare/account.h"

namespace tare::count {

// Keeps apart what stands before and behind it: stores for the writer, loads for the reader.
inline void InOrder() noexcept {
#if defined(__x86_64__)
  asm volatile("" ::: "memory");  // the processor keeps either in order
#else
  __atomic_thread_fence(__ATOMIC_ACQ_REL);
#endif
}

// Written by its thread, read by anyone. All zero at first: we pay, and the library had nothing.
class Ledger {
 public:
  // On its thread.
  bool LibraryPays() const noexcept { return switches_ % 2 == 1; }

  // On its thread, which has counted `total` so far.
  void Switch(const AllocCount& total) noexcept {
    const uint64_t next = switches_ + 1;
    Store(total - still_[switches_ % 2], still_[next % 2]);
    InOrder();
    __atomic_store_n(&switches_, next, __ATOMIC_RELAXED);
    InOrder();
  }

  // On any thread. `total` gives what the ledger's thread has counted so far; it is asked again
  // where there was a switch meanwhile.
  template <class Total>
  AccountCount Split(Total total) const noexcept {
    while (true) {
      const uint64_t switches = __atomic_load_n(&switches_, __ATOMIC_RELAXED);
      InOrder();
      const AllocCount still = Load(still_[switches % 2]);
      const AllocCount moving = total() - still;
      InOrder();
      if (__atomic_load_n(&switches_, __ATOMIC_RELAXED) != switches) continue;
      return switches % 2 == 0 ? AccountCount{moving, still} : AccountCount{still, moving};
    }
  }

 private:
  static void Store(const AllocCount& from, AllocCount& to) noexcept {
    __atomic_store_n(&to.allocs, from.allocs, __ATOMIC_RELAXED);
    __atomic_store_n(&to.frees, from.frees, __ATOMIC_RELAXED);
    __atomic_store_n(&to.bytes_requested, from.bytes_requested, __ATOMIC_RELAXED);
    __atomic_store_n(&to.bytes_usable, from.bytes_usable, __ATOMIC_RELAXED);
    __atomic_store_n(&to.bytes_freed, from.bytes_freed, __ATOMIC_RELAXED);
  }
  static AllocCount Load(const AllocCount& from) noexcept {
    AllocCount count;
    count.allocs = __atomic_load_n(&from.allocs, __ATOMIC_RELAXED);
    count.frees = __atomic_load_n(&from.frees, __ATOMIC_RELAXED);
    count.bytes_requested = __atomic_load_n(&from.bytes_requested, __ATOMIC_RELAXED);
    count.bytes_usable = __atomic_load_n(&from.bytes_usable, __ATOMIC_RELAXED);
    count.bytes_freed = __atomic_load_n(&from.bytes_freed, __ATOMIC_RELAXED);
    return count;
  }

  uint64_t switches_ = 0;
  AllocCount still_[2];  // by how many switches there were, modulo 2
};

}  // namespace tare::count
