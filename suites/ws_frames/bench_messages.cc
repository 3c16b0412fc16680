// SPDX-License-Identifier: Apache-2.0
// The timed loops of floor and reference over whole messages.
#include "impl/ws_frames/message_floor.h"
#include "impl/ws_frames/messages.h"
#include "suites/ws_frames/scenarios.h"

namespace tare::suites {

void AddFloorAndReference(Suite<MessageTrips>& suite) {
  suite.Floor<io::ws_frames::MessageFloor>().Reference<io::ws_frames::MessageEcho>();
}

}  // namespace tare::suites
