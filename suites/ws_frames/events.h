// SPDX-License-Identifier: Apache-2.0
// What a stream of frames says, as events: by the reference, in whatever pieces it arrives, and by
// a naive parser that has the whole stream before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <vector>

#include "impl/ws_frames/contract.h"
#include "suites/ws_frames/wire.h"

namespace tare::suites::ws_frames {

// In the order of the wire. Messages and control frames are told when they are whole. The last
// event says how it ended.
struct Event {
  enum class Kind : uint8_t {
    kMessage,  // number: its opcode
    kControl,  // number: its opcode
    kClosed,   // by the peer's Close. number: its code, or 1005
    kFailed,   // number: the code to close with
    kEnd,      // of the stream, between messages
    kMidway,   // of the stream, inside a message or frame
  };
  Kind kind;
  uint16_t number = 0;
  Bytes payload{};  // of a Close its reason is not here but in the kControl before it

  bool operator==(const Event&) const = default;
};
// "message", "control", ...
const char* Name(Event::Kind kind);
std::ostream& operator<<(std::ostream& out, const Event& event);

struct Events {
  std::vector<Event> events;
  // How many bytes had been looked at when it was known how it ends; the naive parser's is the
  // fewest from which it can be known, if headers are judged as to their first two bytes and then
  // whole. All of them where the stream just ended.
  size_t decided = 0;

  bool operator==(const Events&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Events& events);

// By a loop over single bytes, in the words of RFC 6455.
Events NaiveEvents(io::ws_frames::Role role, const io::ws_frames::Limits& limits,
                   std::span<const std::byte> stream);

// By the reference. The stream arrives in pieces as long as `pieces` say, over and over, and is
// read into buffers of `room` bytes. `decided` is exact for pieces of one byte.
Events ReferenceEvents(io::ws_frames::Role role, const io::ws_frames::Limits& limits,
                       std::span<const std::byte> stream, std::span<const size_t> pieces,
                       size_t room = 64);

// Whether some continuation of these bytes, four at most, is one character of UTF-8; found by
// arithmetic on code points.
bool BeginsCharacter(std::span<const std::byte> bytes);

}  // namespace tare::suites::ws_frames
