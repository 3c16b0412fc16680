// SPDX-License-Identifier: Apache-2.0
// What frame reads without closure and registration are worth: the seed's rows, from memory, and
// the unmask loop by itself.
#include <cstddef>
#include <vector>

#include "impl/ws_frames/background.h"
#include "impl/ws_frames/baseline.h"
#include "impl/ws_frames/closure_free.h"
#include "impl/ws_frames/floor.h"
#include "impl/ws_frames/message_floor.h"
#include "impl/ws_frames/messages.h"
#include "impl/ws_frames/reference.h"
#include "suites/support/suite.h"
#include "suites/ws_frames/beast.h"
#include "suites/ws_frames/frame_reads.h"
#include "suites/ws_frames/message_trips.h"
#include "suites/ws_frames/unmask_calls.h"
#include "suites/ws_frames/wslay.h"

namespace tare::suites {
namespace {

namespace ws = io::ws_frames;

template <class A, FrameKind kKind, ContextKind kContext>
struct FromRow : FrameReads<A, kKind, kContext> {
  explicit FromRow(const Row&) {}
  static int64_t Counted(const Row&) { return 1000; }
};

template <class A>
using Header = FromRow<A, FrameKind::kHeader, ContextKind::kNone>;
template <class A>
using HeaderDeadline = FromRow<A, FrameKind::kHeader, ContextKind::kDeadline>;
template <class A>
using HeaderCancellable = FromRow<A, FrameKind::kHeader, ContextKind::kCancellable>;
template <class A>
using Payload = FromRow<A, FrameKind::kPayload512, ContextKind::kNone>;
template <class A>
using PayloadDeadline = FromRow<A, FrameKind::kPayload512, ContextKind::kDeadline>;
template <class A>
using PayloadCancellable = FromRow<A, FrameKind::kPayload512, ContextKind::kCancellable>;
template <class A>
using Masked = FromRow<A, FrameKind::kMasked512, ContextKind::kNone>;
template <class A>
using MaskedDeadline = FromRow<A, FrameKind::kMasked512, ContextKind::kDeadline>;
template <class A>
using MaskedCancellable = FromRow<A, FrameKind::kMasked512, ContextKind::kCancellable>;
template <class A>
using MaskedText = FromRow<A, FrameKind::kText512, ContextKind::kNone>;
template <class A>
using Mixed = FromRow<A, FrameKind::kMixed, ContextKind::kCancellable>;
template <class A>
using Ping = FromRow<A, FrameKind::kPing, ContextKind::kNone>;
template <class A>
using PingCancellable = FromRow<A, FrameKind::kPing, ContextKind::kCancellable>;

template <template <class> class Body>
Suite<Body> OfReads(const char* scenario) {
  Suite<Body> suite(scenario);
  suite.template Floor<ws::Floor>()
      .template Variant<ws::Baseline>("baseline")
      .template Variant<ws::ClosureFree>("closure_free")
      .template Variant<ws::Background>("background")
      .template Variant<ws::FrameReader>("reference");
  return suite;
}

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

const bool registered[] = {
    OfReads<Header>("WsFrames/Header").Rows(NoPayload()).Register(),
    OfReads<HeaderDeadline>("WsFrames/HeaderDeadline").Rows(NoPayload()).Register(),
    OfReads<HeaderCancellable>("WsFrames/HeaderCancellable").Quick(NoPayload()).Register(),
    OfReads<Payload>("WsFrames/Payload").Rows(Payload512()).Register(),
    OfReads<PayloadDeadline>("WsFrames/PayloadDeadline").Rows(Payload512()).Register(),
    OfReads<PayloadCancellable>("WsFrames/PayloadCancellable").Rows(Payload512()).Register(),
    OfReads<Masked>("WsFrames/Masked")
        .Variant<ws::UnmaskAlone>("unmask_alone")
        .Variant<Beast>("beast")
        .Variant<Wslay>("wslay")
        .Variant<WslayUnbuffered>("wslay_unbuffered")
        .Quick(Payload512())
        .Register(),
    OfReads<MaskedDeadline>("WsFrames/MaskedDeadline")
        .Variant<ws::UnmaskAlone>("unmask_alone")
        .Rows(Payload512())
        .Register(),
    OfReads<MaskedCancellable>("WsFrames/MaskedCancellable")
        .Variant<ws::UnmaskAlone>("unmask_alone")
        .Rows(Payload512())
        .Register(),
    OfReads<MaskedText>("WsFrames/MaskedText")
        .Variant<Beast>("beast")
        .Variant<Wslay>("wslay")
        .Rows(Payload512())
        .Register(),
    OfReads<Mixed>("WsFrames/Mixed").Rows(NoPayload()).Register(),
    OfReads<Ping>("WsFrames/Ping").Rows({{{"size", 125}}}).Register(),
    OfReads<PingCancellable>("WsFrames/PingCancellable").Rows({{{"size", 125}}}).Register(),
    Suite<MessageTrips>("WsFrames/Messages")
        .Floor<ws::MessageFloor>()
        .Reference<ws::MessageEcho>()
        .Variant<BeastMessages>("beast")
        .Variant<WslayMessages>("wslay")
        .Quick({{{"size", 512}}})
        .Rows(MessageSizes())
        .Register(),
    Suite<UnmaskCalls>("WsFrames/Unmask")
        .Variant<CopyCall>("floor")
        .Variant<UnmaskByBytesCall>("baseline")
        .Variant<UnmaskCall>("reference")
        .Rows(Lengths())
        .Rows(Offsets())
        .Register(),
};

}  // namespace
}  // namespace tare::suites
