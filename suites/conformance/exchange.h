// SPDX-License-Identifier: Apache-2.0
// What rows do with connections: make them, fill them, drain them, bring them back into step.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "suites/conformance/check.h"

namespace tare::conformance {

// The calls below want the subject to do as it should, and fail the row otherwise. What they return
// enters its blocking calls into the table of pending.h under the name that is given.

// Two ends of one stream.
struct Pipe {
  std::unique_ptr<Conn> a;  // dialed
  std::unique_ptr<Conn> b;  // accepted
};
Pipe MakePipe(Subject& subject, Place at = Place::Here());
std::unique_ptr<Listener> MakeListener(Subject& subject, Place at = Place::Here());
std::unique_ptr<PacketConn> MakePackets(Subject& subject, const char* name,
                                        Place at = Place::Here());
std::unique_ptr<Conn> Dial(Subject& subject, const std::string& address, Place at = Place::Here());

// An accept as a read: what came is closed.
Result AcceptOnce(Listener& listener);
Result ReadByte(Conn& conn);
Result WriteByte(Conn& conn, std::byte value = std::byte{1});

// More than any connection buffers: zeros.
std::span<const std::byte> Much();

// Until `to` is full.
void ReadFull(Conn& conn, std::span<std::byte> to, Place at = Place::Here());
// To the last byte, of which there must be `size`.
void Drain(Conn& conn, size_t size, Place at = Place::Here());
// Writes a marker (not zeros) at one end and reads past everything up to it at the other, which is
// the same one where the peer echoes. No deadline may be set.
void Resync(Conn& from, Conn& to, Place at = Place::Here());
// A word each way.
void RoundTrip(const Pipe& pipe, Place at = Place::Here());
// Promptly, and without an error.
void Close(Endpoint& endpoint, Place at = Place::Here());
void Deadline(Endpoint& endpoint, Which which, TimePoint deadline, Place at = Place::Here());

}  // namespace tare::conformance
