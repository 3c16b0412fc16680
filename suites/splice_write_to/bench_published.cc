// SPDX-License-Identifier: Apache-2.0
// The published design, on each backend.
#include "impl/splice_write_to/published.h"

#include "suites/splice_write_to/scenarios.h"

namespace tare::suites {

void AddPublished(Splices& suite) {
  suite.PerBackend<io::splice_write_to::Published>("published");
}

}  // namespace tare::suites
