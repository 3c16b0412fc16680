// SPDX-License-Identifier: Apache-2.0
// The timed loops of the reference over connections that stay, on the backends as they come.
#include "impl/fd_ops/reference.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

void AddReference(Trips& suite) {
  suite.Reference<io::fd_ops::Reference>();
}

}  // namespace tare::suites
