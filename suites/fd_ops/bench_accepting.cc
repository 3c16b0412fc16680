// SPDX-License-Identifier: Apache-2.0
// The timed loops over accepts.
#include "impl/fd_ops/accepting.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

void AddAccepting(Suite<AcceptsFromRow>& suite) {
  suite.Floor<io::fd_ops::AcceptingFloor>()
      .Baseline<io::fd_ops::AcceptingBaseline>()
      .Reference<io::fd_ops::AcceptingReference>();
}

}  // namespace tare::suites
