// SPDX-License-Identifier: Apache-2.0
// The timed loops of the reference over connections that stay, in the modes of the backends.
#include "impl/fd_ops/reference.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

void AddReferenceInModes(Trips& suite) {
  suite.PerMode<io::fd_ops::Reference>("reference");
}

}  // namespace tare::suites
