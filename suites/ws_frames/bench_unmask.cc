// SPDX-License-Identifier: Apache-2.0
// The timed loops of the masking loop by itself.
#include "suites/ws_frames/scenarios.h"

namespace tare::suites {

void AddAll(Suite<UnmaskCalls>& suite) {
  suite.Variant<CopyCall>("floor")
      .Variant<UnmaskByBytesCall>("baseline")
      .Variant<UnmaskCall>("reference");
}

}  // namespace tare::suites
