// SPDX-License-Identifier: Apache-2.0
// The timed loops over datagrams.
#include "impl/fd_ops/datagram.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

void AddDatagrams(Trips& suite) {
  suite.Floor<io::fd_ops::DatagramFloor>()
      .Baseline<io::fd_ops::DatagramBaseline>()
      .Reference<io::fd_ops::DatagramReference>();
}

}  // namespace tare::suites
