// SPDX-License-Identifier: Apache-2.0
// Where descriptors are opened: watched on demand, at no cost to a process that never asks.
#pragma once

#include <cstddef>

namespace tare::count {

// What was opened last under a number while descriptors were watched.
struct Opening {
  const void* const* frames = nullptr;  // return addresses, the innermost first; null: not seen
  size_t depth = 0;
};

// From WatchDescriptors(true), which forgets what was seen, to WatchDescriptors(false) the calls by
// which the program and its libraries open and close descriptors are seen: open, socket, accept,
// dup, pipe, epoll_create, eventfd, fopen and their kin, and syscall(). Not seen are calls that the
// C library makes of itself, raw system calls as liburing's, what io_uring opens, and descriptors
// that another process sends. Needs StartSites.
//
// The first time, the calls of each module that is loaded are bound anew: the slots through which
// they go are made to point here. They stay so, and call through.
void WatchDescriptors(bool on) noexcept;

// Who opened the descriptor; nothing if that was not seen.
Opening OpeningOf(int descriptor) noexcept;

}  // namespace tare::count
