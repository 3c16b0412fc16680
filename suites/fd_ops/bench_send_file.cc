// SPDX-License-Identifier: Apache-2.0
// The timed loops over files that are sent.
#include "impl/fd_ops/send_file.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

void AddSendFile(Suite<SendFilesFromRow>& suite) {
  suite.Floor<io::fd_ops::SendFileFloor>()
      .Baseline<io::fd_ops::SendFileBaseline>()
      .Reference<io::fd_ops::SendFileReference>();
}

}  // namespace tare::suites
