// SPDX-License-Identifier: Apache-2.0
// The timed loops of the floor of frames, and of payloads alone.
#include "impl/ws_frames/floor.h"
#include "suites/ws_frames/scenarios.h"

namespace tare::suites {

void AddFloor(Reads& reads) {
  reads.Variant<io::ws_frames::Floor>("floor");
}

void AddUnmaskAlone(Reads& reads) {
  constexpr char kName[] = "unmask_alone";
  reads.masked.Variant<io::ws_frames::UnmaskAlone>(kName);
  reads.masked_deadline.Variant<io::ws_frames::UnmaskAlone>(kName);
  reads.masked_cancellable.Variant<io::ws_frames::UnmaskAlone>(kName);
}

}  // namespace tare::suites
