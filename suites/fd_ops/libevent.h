// SPDX-License-Identifier: Apache-2.0
// libevent's answers: events with one's own reads and writes, and bufferevents.
#pragma once

#include "impl/fd_ops/one_shot.h"
#include "suites/fd_ops/peer.h"

namespace tare::suites {

class LibeventRaw;
class LibeventBuffers;
extern template class LibraryTrips<LibeventRaw>;
extern template class LibraryTrips<LibeventBuffers>;

// Both know deadlines: every wait for input, and every wait for room, ends after an hour.
using Libevent = LibraryTrips<LibeventRaw>;
using LibeventBufferevent = LibraryTrips<LibeventBuffers>;

// Dials, exchanges and closes, over TCP 4 alone.
class LibeventOneShots;
extern template class LibraryTrips<LibeventOneShots, io::Transport>;
using LibeventOneShot = LibraryTrips<LibeventOneShots, io::Transport>;

static_assert(io::fd_ops::Answer<Libevent> && io::fd_ops::Answer<LibeventBufferevent>);
static_assert(io::fd_ops::DialingAnswer<LibeventOneShot>);

}  // namespace tare::suites
