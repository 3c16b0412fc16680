// SPDX-License-Identifier: Apache-2.0
// Reads the allocation counters: of this thread, of the process, and of all but the benchmark
// threads.
//
// For the other folders of the harness; users have tare/alloc_scope.h. Totals run from the start of
// the process: take differences. No function here allocates, and each may be called from any thread
// at any time: before main, after it, in a destructor of a thread that ends, in a forked child.
#pragma once

#include <cstdint>

#include "tare/account.h"
#include "tare/alloc_scope.h"

namespace tare::count {

// Whose price an allocation is. Every thread begins as kOther.
enum class Role : uint8_t { kOther, kBenchmark };

// What the calling thread has counted in its life so far, whatever its role. Takes no lock.
AllocCount ReadThisThread() noexcept;

// What all threads have counted, alive or ended.
AllocCount ReadProcess() noexcept;

// What all threads have counted while they had this role, alive or ended. Never runs backwards.
AllocCount ReadRole(Role role) noexcept;

// What helper threads cost: everything but the benchmark threads.
inline AllocCount ReadOthers() noexcept {
  return ReadRole(Role::kOther);
}

// The same three, split as tare/account.h says. Each side never runs backwards.
AccountCount SplitOfThisThread() noexcept;
AccountCount SplitOfProcess() noexcept;
AccountCount SplitOfRole(Role role) noexcept;

// From here on the calling thread counts under `role`; what it has counted before stays where it
// was counted. Returns the role it had. The role lasts until it is set again or the thread ends.
Role SetThisThreadRole(Role role) noexcept;

}  // namespace tare::count
