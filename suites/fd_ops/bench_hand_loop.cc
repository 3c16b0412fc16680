// SPDX-License-Identifier: Apache-2.0
// The timed loops of floor and hand loops over connections that stay.
#include "impl/fd_ops/floor.h"
#include "impl/fd_ops/hand_loop.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

void AddFloor(Trips& suite) {
  suite.Floor<io::fd_ops::Floor>();
}

void AddHandLoop(Trips& suite) {
  suite.HandLoop<io::fd_ops::HandLoop>().PerMode<io::fd_ops::HandLoop>("hand_loop");
}

}  // namespace tare::suites
