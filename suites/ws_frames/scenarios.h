// SPDX-License-Identifier: Apache-2.0
// The bodies of ws_frames' scenarios, and which file adds which variants to them.
#pragma once

#include <cstdint>

#include "suites/support/suite.h"
#include "suites/ws_frames/frame_reads.h"
#include "suites/ws_frames/message_trips.h"
#include "suites/ws_frames/unmask_calls.h"

namespace tare::suites {

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

// The scenarios that read frames from memory.
struct Reads {
  Suite<Header> header{"WsFrames/Header"};
  Suite<HeaderDeadline> header_deadline{"WsFrames/HeaderDeadline"};
  Suite<HeaderCancellable> header_cancellable{"WsFrames/HeaderCancellable"};
  Suite<Payload> payload{"WsFrames/Payload"};
  Suite<PayloadDeadline> payload_deadline{"WsFrames/PayloadDeadline"};
  Suite<PayloadCancellable> payload_cancellable{"WsFrames/PayloadCancellable"};
  Suite<Masked> masked{"WsFrames/Masked"};
  Suite<MaskedDeadline> masked_deadline{"WsFrames/MaskedDeadline"};
  Suite<MaskedCancellable> masked_cancellable{"WsFrames/MaskedCancellable"};
  Suite<MaskedText> masked_text{"WsFrames/MaskedText"};
  Suite<Mixed> mixed{"WsFrames/Mixed"};
  Suite<Ping> ping{"WsFrames/Ping"};
  Suite<PingCancellable> ping_cancellable{"WsFrames/PingCancellable"};

  // The variant V in all of them.
  template <class V>
  void Variant(const char* name) {
    const auto add = [name](auto&... suites) { (suites.template Variant<V>(name), ...); };
    add(header, header_deadline, header_cancellable, payload, payload_deadline, payload_cancellable,
        masked, masked_deadline, masked_cancellable, masked_text, mixed, ping, ping_cancellable);
  }
};

void AddFloor(Reads& reads);        // bench_floor.cc
void AddBaseline(Reads& reads);     // bench_baseline.cc
void AddClosureFree(Reads& reads);  // bench_closure_free.cc
void AddBackground(Reads& reads);   // bench_background.cc
void AddReference(Reads& reads);    // bench_reference.cc
// In some scenarios, what reads payloads without a header, and peers.
void AddUnmaskAlone(Reads& reads);  // bench_floor.cc
void AddPeers(Reads& reads);        // bench_peers.cc

// Whole messages over sockets, and the masking loop by itself.
void AddFloorAndReference(Suite<MessageTrips>& suite);  // bench_messages.cc
void AddPeers(Suite<MessageTrips>& suite);              // bench_peers.cc
void AddAll(Suite<UnmaskCalls>& suite);                 // bench_unmask.cc

}  // namespace tare::suites
