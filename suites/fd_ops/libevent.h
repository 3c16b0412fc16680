// SPDX-License-Identifier: Apache-2.0
// libevent's answers: events with one's own reads and writes, and bufferevents.
#pragma once

#include "impl/fd_ops/one_shot.h"
#include "suites/fd_ops/peer.h"

namespace tare::suites {

class LibeventRaw;
class LibeventBuffers;
extern template class Peer<LibeventRaw>;
extern template class Peer<LibeventBuffers>;

// Both know deadlines: every wait for input, and every wait for room, ends after an hour.
using Libevent = Peer<LibeventRaw>;
using LibeventBufferevent = Peer<LibeventBuffers>;

// Dials, exchanges and closes, over TCP 4 alone.
class LibeventOneShots;
extern template class Peer<LibeventOneShots, io::Transport>;
using LibeventOneShot = Peer<LibeventOneShots, io::Transport>;

static_assert(io::fd_ops::Answer<Libevent> && io::fd_ops::Answer<LibeventBufferevent>);
static_assert(io::fd_ops::DialingAnswer<LibeventOneShot>);

}  // namespace tare::suites
