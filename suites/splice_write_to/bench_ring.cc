// SPDX-License-Identifier: Apache-2.0
// io_uring's own splices.
#include "impl/splice_write_to/ring_splice.h"
#include "suites/splice_write_to/scenarios.h"

namespace tare::suites {

void AddRing(Splices& suite) {
  suite.WhereWritten<io::splice_write_to::RingSplice>("ring_splice");
}

}  // namespace tare::suites
