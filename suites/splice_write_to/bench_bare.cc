// SPDX-License-Identifier: Apache-2.0
// The bare splice loop, and what the kernel cannot spare.
#include "impl/splice_write_to/floor.h"
#include "suites/splice_write_to/scenarios.h"

namespace tare::suites {

void AddBare(Splices& suite) {
  suite.Floor<io::splice_write_to::Floor>().Variant<io::splice_write_to::Limit>("limit");
}

}  // namespace tare::suites
