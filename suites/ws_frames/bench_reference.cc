// SPDX-License-Identifier: Apache-2.0
// The timed loops of the reference.
#include "impl/ws_frames/reference.h"
#include "suites/ws_frames/scenarios.h"

namespace tare::suites {

void AddReference(Reads& reads) {
  reads.Variant<io::ws_frames::FrameReader>("reference");
}

}  // namespace tare::suites
