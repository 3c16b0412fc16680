// SPDX-License-Identifier: Apache-2.0
// The timed loops of the baseline over connections that stay.
#include "impl/fd_ops/baseline.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

void AddBaseline(Trips& suite) {
  suite.Baseline<io::fd_ops::Baseline>();
}

}  // namespace tare::suites
