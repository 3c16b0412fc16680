// SPDX-License-Identifier: Apache-2.0
// The timed loops over connections that are read and written at the same time.
#include "impl/fd_ops/both_ways.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

void AddBothWays(Trips& suite) {
  suite.Floor<io::fd_ops::BothWaysFloor>()
      .Baseline<io::fd_ops::BothWaysBaseline>()
      .Reference<io::fd_ops::BothWaysReference>();
}

}  // namespace tare::suites
