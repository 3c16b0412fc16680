// SPDX-License-Identifier: Apache-2.0
// The question of fd_ops, and what every answer to it looks like.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "impl/base/deadline.h"
#include "impl/base/errc.h"
#include "impl/base/op.h"
#include "impl/base/socket.h"

// The question: what does a read or a write cost beside its system calls? The published answer (Go,
// 2013) moved everything an operation needs out of objects made per call and into the descriptor.
// Each answer here makes the same round trips over the same connections, and what differs is who
// holds the state of a pending operation, and where.

namespace tare::io::fd_ops {

// One exchange: `active` of the connections are busy at once, each with one message of `size` bytes
// to the server and back, received into buffers of `buf` bytes. The others are open and waiting for
// input.
struct Exchange {
  size_t size = 512;
  size_t buf = 4096;
  int active = 1;
  bool deadlines = false;  // set one, an hour ahead, before every single operation
};

// An answer at the level of round trips: what floor, hand loop, baseline, reference and every peer
// have in common.
// clang-format off
template <class A>
concept Answer = requires(A a, std::span<const Pair> pairs, const Exchange& exchange, int i) {
  requires std::default_initializable<A>;
  // Why it cannot run on this machine; nullptr: it can.
  { A::WhyNot() } noexcept -> std::same_as<const char*>;
  // Once, untimed: readies everything and takes the handles over, also when it fails.
  { a.Open(pairs, exchange) } -> std::same_as<Result>;
  // Timed: one trip on every active connection; the error that ended it early, if one did.
  // Allocates nothing unless the answer's whole point is that it does.
  { a.Trip() } noexcept -> std::same_as<Result>;
  // What the client of connection `i` holds after a trip, and what it is about to send: for the
  // check before timing.
  { a.Received(i) } noexcept -> std::same_as<std::span<const std::byte>>;
  { a.Message(i) } noexcept -> std::same_as<std::span<std::byte>>;
  // Once, untimed: closes the handles. Close() of what was not opened does nothing.
  { a.Close() } noexcept -> std::same_as<void>;
};
// clang-format on

// An answer at the level of one descriptor: baseline and reference. suites stand on Answer, echo.h
// turns the one into the other. Callbacks are plain functions; a type derived from the descriptor
// holds what they need.
// clang-format off
template <class F>
concept Descriptor = requires(F f, typename F::LoopType loop, Handle h, Deadline d,
                              std::span<std::byte> to, std::span<const std::byte> from,
                              typename F::Done done) {
  requires std::constructible_from<F, typename F::LoopType&>;
  { F::WhyNot() } noexcept -> std::same_as<const char*>;
  { f.Open(h) } noexcept -> std::same_as<Result>;
  { f.SetReadDeadline(d) } -> std::same_as<Errc>;
  { f.SetWriteDeadline(d) } -> std::same_as<Errc>;
  { f.Read(to, done) } -> std::same_as<void>;
  { f.Write(from, done) } -> std::same_as<void>;
  { f.Close(done) } -> std::same_as<Errc>;
};
// clang-format on

}  // namespace tare::io::fd_ops
