// SPDX-License-Identifier: Apache-2.0
// Boost.Beast's answers: messages read from memory by its synchronous stream, and whole messages
// over a socket by its asynchronous one.
#pragma once

#include "impl/ws_frames/contract.h"
#include "suites/ws_frames/peer.h"

namespace tare::suites {

class BeastReads;
extern template class LibraryReads<BeastReads>;
using Beast = LibraryReads<BeastReads>;

class BeastEcho;
extern template class LibraryMessages<BeastEcho>;
using BeastMessages = LibraryMessages<BeastEcho>;

static_assert(io::ws_frames::MessageAnswer<BeastMessages>);

}  // namespace tare::suites
