// SPDX-License-Identifier: Apache-2.0
// wslay's answer: messages read from memory, by its event API.
#pragma once

#include "suites/ws_frames/peer.h"

namespace tare::suites {

class WslayReads;
extern template class Peer<WslayReads>;
using Wslay = Peer<WslayReads>;

}  // namespace tare::suites
