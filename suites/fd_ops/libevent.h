// SPDX-License-Identifier: Apache-2.0
// libevent's answers: events with one's own reads and writes, and bufferevents.
#pragma once

#include "suites/fd_ops/peer.h"

namespace tare::suites {

class LibeventRaw;
class LibeventBuffers;
extern template class Peer<LibeventRaw>;
extern template class Peer<LibeventBuffers>;

// Both know deadlines: every wait for input, and every wait for room, ends after an hour.
using Libevent = Peer<LibeventRaw>;
using LibeventBufferevent = Peer<LibeventBuffers>;

static_assert(io::fd_ops::Answer<Libevent> && io::fd_ops::Answer<LibeventBufferevent>);

}  // namespace tare::suites
