// SPDX-License-Identifier: Apache-2.0
// The timed loops of what an engineer would pick instead.
#include "suites/ws_frames/beast.h"
#include "suites/ws_frames/scenarios.h"
#include "suites/ws_frames/wslay.h"

namespace tare::suites {

void AddPeers(Reads& reads) {
  reads.masked.Variant<Beast>("beast").Variant<Wslay>("wslay").Variant<WslayUnbuffered>(
      "wslay_unbuffered");
  reads.masked_text.Variant<Beast>("beast").Variant<Wslay>("wslay");
}

void AddPeers(Suite<MessageTrips>& suite) {
  suite.Variant<BeastMessages>("beast").Variant<WslayMessages>("wslay");
}

}  // namespace tare::suites
