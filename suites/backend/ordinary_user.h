// SPDX-License-Identifier: Apache-2.0
// BecomeLimited: makes this process one of an ordinary user who has reached a limit.
#pragma once

#include <cstdint>

namespace tare::io::contract {

enum class Limit { kThreads, kLockedMemory };

// From here on the user of this process may have `most` threads, or that many bytes of locked
// memory. Root is above limits, so root becomes an ordinary user. For good: call it in a child.
// False if the system does not allow it.
bool BecomeLimited(Limit limit, uint64_t most = 0);

// Whether a child of this process could.
bool CanBecomeLimited();

}  // namespace tare::io::contract
