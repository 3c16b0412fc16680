// SPDX-License-Identifier: Apache-2.0
// The question of splice_write_to, and what every answer to it looks like.
#pragma once

#include <concepts>
#include <cstdint>

#include "impl/base/op.h"
#include "impl/base/socket.h"

// The question: what does it cost to bring bytes from a connection into a file, or into another
// connection, beside what the kernel must do? The published answer (Go, 2021) moves them through a
// pipe of the kernel's, so that they are not copied to user space and back, and destroys what is in
// the pipe when the destination fails. Each answer here moves the same bytes between the same ends.

namespace tare::io::splice_write_to {

// Between what, and how much. The bytes are sent on `source.client` and taken from `source.server`.
// They go into `file`, from its beginning on in every trip, or, where that is kNoHandle, to
// `sink.client`. What arrives at `sink.server` is dropped; if `file` is a pipe that is its other
// end.
struct Stage {
  Pair source;
  Handle file = kNoHandle;
  Pair sink;
  uint64_t size = 0;   // bytes a trip
  uint64_t piece = 0;  // bytes are sent so many at a time; 0: as many as fit
};

// An answer at the level of trips. Feeding and dropping are the same bare calls in every answer
// (ends.h), on the same thread, and part of its cost.
// clang-format off
template <class A>
concept Answer = requires(A a, const Stage& stage) {
  requires std::default_initializable<A>;
  // Why it cannot run on this machine; nullptr: it can.
  { A::WhyNot() } noexcept -> std::same_as<const char*>;
  // Once, untimed: takes the handles over, also when it fails.
  { a.Open(stage) } -> std::same_as<Result>;
  // Timed: moves stage.size bytes; the error that ended it early, if one did.
  { a.Trip() } noexcept -> std::same_as<Result>;
  // Once, untimed: closes the handles. Close() of what was not opened does nothing.
  { a.Close() } noexcept -> std::same_as<void>;
};
// clang-format on

}  // namespace tare::io::splice_write_to
