// SPDX-License-Identifier: Apache-2.0
// The timed loops of the baseline: the original before its optimization.
#include "impl/ws_frames/baseline.h"
#include "suites/ws_frames/scenarios.h"

namespace tare::suites {

void AddBaseline(Reads& reads) {
  reads.Variant<io::ws_frames::Baseline>("baseline");
}

}  // namespace tare::suites
