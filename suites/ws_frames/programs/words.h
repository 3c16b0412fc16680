// SPDX-License-Identifier: Apache-2.0
// How a handshake or a connection ended, in words: what went wrong, and whose limit it was.
#pragma once

#include <cstdint>
#include <string>

#include "impl/ws_frames/opening.h"
#include "impl/ws_frames/reference.h"

namespace tare::suites::ws_frames {

// Of a handshake that ended with `result`, at the end that `opening` belongs to.
std::string WhyNotOpened(io::ws_frames::Role role, const io::ws_frames::Opening& opening,
                         io::Result result, const io::ws_frames::Limits& limits);

// Of a connection: `end` is what its last read ended with, `code` what the endpoint says.
std::string HowItClosed(io::Result end, uint16_t code, const io::ws_frames::Limits& limits);

}  // namespace tare::suites::ws_frames
