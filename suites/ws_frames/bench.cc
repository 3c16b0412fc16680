// SPDX-License-Identifier: Apache-2.0
// What frame reads without closure and registration are worth: the seed's rows, from memory, and
// the unmask loop by itself. Here are the rows and the order of everything; bench_*.cc compile the
// timed loops.
#include <cstdint>
#include <vector>

#include "suites/ws_frames/scenarios.h"

namespace tare::suites {
namespace {

// The header of the seed's rows has no payload behind it.
using Lines = std::vector<Row>;
Lines NoPayload() {
  return {{{"size", 0}}};
}
Lines Payload512() {
  return {{{"size", 512}}};
}

Lines MessageSizes() {
  return {{{"size", 128}}, {{"size", 4096}}, {{"size", 65536}}, {{"size", 1 << 20}}};
}

// Every length there is below 4,096, and what the wire often has.
Lines Lengths() {
  Lines lines;
  for (const int64_t size : {1, 4, 7, 16, 31, 64, 125, 512, 4096, 65536}) {
    lines.push_back({{"size", size}});
  }
  return lines;
}
Lines Offsets() {
  Lines lines;
  for (int64_t offset = 0; offset < 8; ++offset) {
    lines.push_back({{"size", UnmaskCallsBase::kEvery}, {"offset", offset}});
  }
  return lines;
}

bool RegisterReads() {
  Reads reads;
  AddFloor(reads);
  AddBaseline(reads);
  AddClosureFree(reads);
  AddBackground(reads);
  AddReference(reads);
  AddUnmaskAlone(reads);
  AddPeers(reads);
  reads.header.Rows(NoPayload()).Register();
  reads.header_deadline.Rows(NoPayload()).Register();
  reads.header_cancellable.Quick(NoPayload()).Register();
  reads.payload.Rows(Payload512()).Register();
  reads.payload_deadline.Rows(Payload512()).Register();
  reads.payload_cancellable.Rows(Payload512()).Register();
  reads.masked.Quick(Payload512()).Register();
  reads.masked_deadline.Rows(Payload512()).Register();
  reads.masked_cancellable.Rows(Payload512()).Register();
  reads.masked_text.Rows(Payload512()).Register();
  reads.mixed.Rows(NoPayload()).Register();
  reads.ping.Rows({{{"size", 125}}}).Register();
  return reads.ping_cancellable.Rows({{{"size", 125}}}).Register();
}

const bool registered[] = {
    RegisterReads(),
    Suite<MessageTrips>("WsFrames/Messages")
        .With(&AddFloorAndReference)
        .With(&AddPeers)
        .Quick({{{"size", 512}}})
        .Rows(MessageSizes())
        .Register(),
    Suite<UnmaskCalls>("WsFrames/Unmask").With(&AddAll).Rows(Lengths()).Rows(Offsets()).Register(),
};

}  // namespace
}  // namespace tare::suites
