// SPDX-License-Identifier: Apache-2.0
// wslay's answers: messages read from memory, and whole messages over a socket, by its event API.
#pragma once

#include "impl/ws_frames/contract.h"
#include "suites/ws_frames/peer.h"

namespace tare::suites {

class WslayReads;
extern template class Peer<WslayReads>;
using Wslay = Peer<WslayReads>;

class WslayPieces;
extern template class Peer<WslayPieces>;
using WslayUnbuffered = Peer<WslayPieces>;

class WslayEcho;
extern template class Peer<WslayEcho, io::Transport>;
using WslayMessages = Peer<WslayEcho, io::Transport>;

static_assert(io::ws_frames::MessageAnswer<WslayMessages>);

}  // namespace tare::suites
