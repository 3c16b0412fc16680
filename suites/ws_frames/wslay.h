// SPDX-License-Identifier: Apache-2.0
// wslay's answers: messages read from memory, and whole messages over a socket, by its event API.
#pragma once

#include "impl/ws_frames/contract.h"
#include "suites/ws_frames/peer.h"

namespace tare::suites {

class WslayReads;
extern template class LibraryReads<WslayReads>;
using Wslay = LibraryReads<WslayReads>;

class WslayPieces;
extern template class LibraryReads<WslayPieces>;
using WslayUnbuffered = LibraryReads<WslayPieces>;

class WslayEcho;
extern template class LibraryMessages<WslayEcho>;
using WslayMessages = LibraryMessages<WslayEcho>;

static_assert(io::ws_frames::MessageAnswer<WslayMessages>);

}  // namespace tare::suites
