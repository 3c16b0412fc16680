// SPDX-License-Identifier: Apache-2.0
// The question of tls_handshake, and what every answer to it looks like.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "impl/base/deadline.h"
#include "impl/base/errc.h"
#include "impl/base/op.h"
#include "impl/base/socket.h"

// The question: every read and every write of a TLS connection asks first whether its handshake is
// over. What does that cost from then on? The published answer (Go, 2022) is an early return: one
// atomic load, where a cancellable context and a watcher were made before anybody looked.

namespace tare::io::tls_handshake {

class Credentials;

enum class Role : uint8_t { kClient, kServer };

// What a client does when the server of a TLS 1.2 connection asks for another handshake. A server
// refuses whoever asks it.
enum class Renegotiation : uint8_t { kNever, kOnce, kFreely };

// How things end, beside what a descriptor ends with:
//
//   kEof         the peer has said close_notify
//   kReset       its stream has ended without that: what was read may not be all
//   kInvalid     the peer has broken the protocol, has no version or certificate that will do, or
//                has refused ours; detail() says it in words
//   kResource    the library has got no memory
//   kShutdown    writes, after CloseWrite
//   kCanceled,   of a handshake that was given up, by whoever gave it up and by all who come later;
//   kTimeout     of writes, after one that was given up with a part of it taken
//   kOther       a promise of this code's own was broken: see Tls::Handshake
//
// An error of a handshake is told again for ever, and so is one of reading: the library is not
// called after it has failed.

// One connection whose handshake is over, and messages of `size` bytes that go to the server and
// back.
struct Exchange {
  const Credentials* client = nullptr;
  const Credentials* server = nullptr;
  std::string_view name{};  // the server's
  size_t size = 512;
};

// An answer at the level of round trips: floor, baseline and reference.
// clang-format off
template <class A>
concept Answer = requires(A a, const Pair& pair, const Exchange& exchange) {
  requires std::default_initializable<A>;
  // Why it cannot run on this machine; nullptr: it can.
  { A::WhyNot() } noexcept -> std::same_as<const char*>;
  // Once, untimed: makes the handshake and takes the handles over, also when it fails.
  { a.Open(pair, exchange) } -> std::same_as<Result>;
  // Timed: one trip; the error that ended it, if one did.
  { a.Trip() } noexcept -> std::same_as<Result>;
  // What the client holds after a trip, and what it is about to send: for the check before timing.
  { a.Received() } noexcept -> std::same_as<std::span<const std::byte>>;
  { a.Message() } noexcept -> std::same_as<std::span<std::byte>>;
  // Once, untimed: closes the handles. Close() of what was not opened does nothing.
  { a.Close() } noexcept -> std::same_as<void>;
};
// clang-format on

// An answer at the level of one connection: baseline and reference. Callbacks are plain functions;
// a type derived from the connection holds what they need.
// clang-format off
template <class T>
concept Connection = requires(T t, typename T::LoopType loop, Handle h, Deadline d,
                              const Credentials& credentials, std::string_view name,
                              std::span<std::byte> to, std::span<const std::byte> from,
                              typename T::Waiter waiter, typename T::Done done) {
  requires std::constructible_from<T, typename T::LoopType&>;
  { T::WhyNot() } noexcept -> std::same_as<const char*>;
  // Takes the handle over unless it fails. A client looks for `name` in the server's certificate.
  { t.Open(h, credentials, name) } -> std::same_as<Result>;
  // Whether the handshake is over and went well: the question itself.
  { t.ready() } noexcept -> std::same_as<bool>;
  { t.Handshake(waiter) } -> std::same_as<void>;
  { t.Read(to, done) } -> std::same_as<void>;
  { t.Write(from, done) } -> std::same_as<void>;
  { t.Close(done) } -> std::same_as<Errc>;
};
// clang-format on

}  // namespace tare::io::tls_handshake
