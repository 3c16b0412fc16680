// SPDX-License-Identifier: Apache-2.0
// The question of ws_frames, and what every answer to it looks like.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "impl/base/errc.h"
#include "impl/base/op.h"
#include "impl/base/socket.h"
#include "impl/ws_frames/context.h"
#include "impl/ws_frames/frame.h"

// The question: what does it cost to read the header of a WebSocket frame, or a piece of its
// payload, beside the arithmetic? The published answers (Go, 2026) took two allocations out of
// every read by finishing it in a method instead of a closure, and four more where the read cannot
// be cancelled anyway. Each answer here reads the same bytes under the same contexts; what differs
// is how it learns that a context has ended, and what it must clean up.

namespace tare::io::ws_frames {

// What a connection puts up with, and how long it waits.
struct Limits {
  uint64_t message = uint64_t{64} << 20;  // bytes of payload in one message, all its fragments
  int64_t close_wait = 5'000'000'000;     // nanoseconds for each half of closing, for a handshake
  size_t buffer = 8192;                   // bytes; what is received lies there until it is read.
                                          // No handshake may be longer
};

// clang-format off
// How a read ends, of all answers:
//   kOk        n bytes were read. n = 0: all that was fed is used up, unless the frame is over
//   kEof       the peer has closed the connection with a Close frame
//   kCanceled, kTimeout   the context has ended
//   kClosed    this side has closed the connection
//   kInvalid   the peer has broken the protocol
//   kResource  the message is longer than Limits::message
//   others     as the descriptor says; kReset is also a stream that ended without a Close frame
// clang-format on
// Where several reasons hold, the first in this list: what is said of the connection is never less
// than what is known (peer's close before cancel before close before input and output).

// What a read has got.
struct Piece {
  Result result;                    // n bytes of one message, or why there are none: see above
  Opcode opcode = Opcode::kBinary;  // kText or kBinary: of the message
  bool last = false;                // that was all of the message; n may then be 0
};

// An answer at the level of frames, over bytes that are already here. `Feed` lends it more of them
// when it is hungry; they stay where they are until it is hungry again.
// clang-format off
template <class A>
concept Answer = requires(A a, const A& c, Timers& timers, Role role, const Limits& limits,
                          std::span<const std::byte> bytes, Context& context, Header& header,
                          std::span<std::byte> to) {
  requires std::constructible_from<A, Timers&>;
  { A::WhyNot() } noexcept -> std::same_as<const char*>;
  // Once, untimed. `role` is that of the reading end.
  { a.Open(role, limits) } noexcept -> std::same_as<void>;
  { c.hungry() } noexcept -> std::same_as<bool>;
  { a.Feed(bytes) } noexcept -> std::same_as<void>;
  // Timed. The next header, of n bytes; not before the payload of the last one is read.
  { a.ReadHeader(context, header) } -> std::same_as<Result>;
  // Timed. The next bytes of the frame's payload, unmasked.
  { a.ReadPayload(context, to) } -> std::same_as<Result>;
  // Timed. All the payload of a control frame, whose header was read; it is in what was fed.
  { a.ReadControl(context, header, to) } -> std::same_as<Result>;
};
// clang-format on

// An answer at the level of whole messages, over a connection. A client sends a binary message of
// `size` bytes, in one frame, masked; the server has it whole, and sends it back. Both ends are on
// one thread, past the handshake.
// clang-format off
template <class A>
concept MessageAnswer = requires(A a, const Pair& pair, size_t size) {
  requires std::default_initializable<A>;
  { A::WhyNot() } noexcept -> std::same_as<const char*>;
  // Once, untimed: readies everything and takes the handles over, also when it fails.
  { a.Open(pair, size) } -> std::same_as<Result>;
  // Timed: there and back; the error that ended it early, if one did.
  { a.Trip() } noexcept -> std::same_as<Result>;
  // What is about to be sent, and what came back.
  { a.Message() } noexcept -> std::same_as<std::span<std::byte>>;
  { a.Received() } noexcept -> std::same_as<std::span<const std::byte>>;
  { a.Close() } noexcept -> std::same_as<void>;
};
// clang-format on

}  // namespace tare::io::ws_frames
