// SPDX-License-Identifier: Apache-2.0
// The timed loops over connections that are dialled, used once and closed.
#include "impl/fd_ops/one_shot.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

void AddOneShots(Trips& suite) {
  suite.Floor<io::fd_ops::OneShotFloor>()
      .Baseline<io::fd_ops::OneShotBaseline>()
      .Reference<io::fd_ops::OneShotReference>();
}

}  // namespace tare::suites
