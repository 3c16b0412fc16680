// SPDX-License-Identifier: Apache-2.0
// AllocFault makes one allocation of this thread fail: what does the code do when memory runs out?
//
//   for (uint64_t nth = 1;; ++nth) {         // fail each allocation of the operation in turn
//     tare::AllocFault fault(nth);
//     const bool ok = Operation();
//     if (!fault.Fired()) break;             // it makes fewer than nth allocations
//     EXPECT_FALSE(ok);
//   }
//
// Part of tare::count. Costs nothing while none is armed. Only what AllocScope::Covers() fails:
// under a sanitizer nothing does, and Fired() stays false.
#pragma once

#include <cstdint>

namespace tare {

class AllocFault {
 public:
  // The nth allocation of the calling thread from now on fails as if memory had run out: a null
  // pointer and ENOMEM, or bad_alloc. 1 is the next; 0 is an error and aborts, as is a second
  // AllocFault alive on the same thread. Those before and after it succeed.
  explicit AllocFault(uint64_t nth);
  // Disarms. On the thread that made it.
  ~AllocFault();
  AllocFault(const AllocFault&) = delete;
  AllocFault& operator=(const AllocFault&) = delete;

  // Whether the allocation has come, and failed. On the thread that made it.
  bool Fired() const;
};

}  // namespace tare
