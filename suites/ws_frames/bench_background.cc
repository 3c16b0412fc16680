// SPDX-License-Identifier: Apache-2.0
// The timed loops of the original where the context cannot end.
#include "impl/ws_frames/background.h"
#include "suites/ws_frames/scenarios.h"

namespace tare::suites {

void AddBackground(Reads& reads) {
  reads.Variant<io::ws_frames::Background>("background");
}

}  // namespace tare::suites
