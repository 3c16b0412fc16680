// SPDX-License-Identifier: Apache-2.0
// The timed loops of the original without its closures.
#include "impl/ws_frames/closure_free.h"
#include "suites/ws_frames/scenarios.h"

namespace tare::suites {

void AddClosureFree(Reads& reads) {
  reads.Variant<io::ws_frames::ClosureFree>("closure_free");
}

}  // namespace tare::suites
