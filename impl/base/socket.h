// SPDX-License-Identifier: Apache-2.0
// Addresses and the blocking set-up calls around a connection: listen, dial, connected pairs,
// close.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "impl/base/errc.h"
#include "impl/base/handle.h"
#include "impl/base/op.h"

namespace tare::io {

// A socket address as the system lays it out. The room is what Windows' AcceptEx wants for two
// addresses and its own margins; POSIX addresses need less.
struct Address {
  static constexpr size_t kRoom = 288;
  alignas(8) std::byte bytes[kRoom] = {};
  uint32_t size = 0;  // of what is in `bytes`; 0: none
};

// 127.0.`net`.`host`, TCP or UDP port `port` (0: let the system choose).
Address Loopback4(uint16_t port = 0, uint8_t net = 0, uint8_t host = 1);
// "127.0.0.1:80", "[::1]:80", a path or "@abstract" or "unnamed"; "" for an empty address; "?" for
// a family this does not know.
std::string ToString(const Address& address);

// Of this end and of the other one. An empty Address where the system knows none.
Address LocalAddress(Handle h) noexcept;
Address RemoteAddress(Handle h) noexcept;

// The calls below block, allocate nothing, and are for set-up, not for hot paths. They return a new
// handle in `n` (close-on-exec, blocking unless said otherwise, owned by the caller) or an error
// with the system's code, and then no handle.

enum class Transport : uint8_t {
  kTcp4,
  kTcp6,
  kUnix,  // stream
  kUdp4,
  kUnixgram,  // datagrams
};

// 127.0.0.1, ::1, or for Unix sockets an abstract address that the system picks; port 0.
Address Loopback(Transport t);

// A socket that is neither bound nor connected. One that is to be attached to a backend of
// readiness spares it two calls by not blocking from birth.
Result NewSocket(Transport t, bool blocking = true) noexcept;
inline Result NewTcp4() noexcept {
  return NewSocket(Transport::kTcp4);
}
// A datagram socket bound to `at`, which becomes the address it really has.
Result Bind(Transport t, Address& at) noexcept;
// A listening socket; `at` becomes the address it really has. `backlog` is the system's to shorten.
Result Listen(Transport t, Address& at, int backlog = 128) noexcept;
inline Result Listen(Address& at, int backlog = 128) noexcept {
  return Listen(Transport::kTcp4, at, backlog);
}
// A connection to `to`, with Nagle's delay off.
Result Dial(Transport t, const Address& to) noexcept;
inline Result Dial(const Address& to) noexcept {
  return Dial(Transport::kTcp4, to);
}

// Two ends that belong together.
struct Pair {
  Handle client = kNoHandle;
  Handle server = kNoHandle;
};

// Fills `pairs`. Streams are connected, Nagle's delay off and reset on close, so that a run leaves
// no port in TIME_WAIT behind; UDP sockets are bound to loopback and not connected, Unix datagram
// sockets are connected. All or none: after an error nothing is open.
Result Pairs(Transport t, std::span<Pair> pairs) noexcept;
inline Result TcpPairs(std::span<Pair> pairs) noexcept {
  return Pairs(Transport::kTcp4, pairs);
}

// Nagle's delay off: what is sent goes at once. An error where it is no TCP.
Result SetNoDelay(Handle h) noexcept;

// Closes. The handle is gone whatever this returns.
Result CloseHandle(Handle h) noexcept;
void CloseAll(std::span<Pair> pairs) noexcept;

// Ends the sending half: the peer reads end of stream after what was sent.
Result ShutdownSend(Handle h) noexcept;
// Makes a later close tear the connection down (the peer sees kReset) instead of ending it in
// order.
Result ResetOnClose(Handle h) noexcept;

}  // namespace tare::io
