// SPDX-License-Identifier: Apache-2.0
// The reference as events, and how events look.
#include "suites/ws_frames/events.h"

#include <algorithm>
#include <array>

#include "impl/ws_frames/reference.h"

namespace tare::suites::ws_frames {

using io::Errc;
using io::Result;
using io::ws_frames::Context;
using io::ws_frames::FrameReader;
using io::ws_frames::Header;
using io::ws_frames::kMostControl;

const char* Name(Event::Kind kind) {
  constexpr const char* kNames[] = {"message", "control", "closed", "failed", "end", "midway"};
  return kNames[static_cast<int>(kind)];
}

std::ostream& operator<<(std::ostream& out, const Event& event) {
  out << Name(event.kind) << " " << event.number;
  if (!event.payload.empty()) out << " of " << event.payload.size() << " bytes";
  return out;
}

std::ostream& operator<<(std::ostream& out, const Events& events) {
  for (const Event& event : events.events) out << event << ", ";
  return out << "decided after " << events.decided;
}

Events ReferenceEvents(io::ws_frames::Role role, const io::ws_frames::Limits& limits,
                       std::span<const std::byte> stream, std::span<const size_t> pieces,
                       size_t room) {
  Events said;
  Bytes message;
  std::vector<std::byte> to(std::max<size_t>(room, 1));
  std::array<std::byte, kMostControl> control;
  io::Timers timers;
  FrameReader reader(timers);
  reader.Open(role, limits);
  Context& none = Context::None();
  Header header;
  bool has_header = false;
  size_t next = 0;
  // True: an event that is the last.
  const auto ended = [&](const Result& r) {
    if (r.ok()) return false;
    said.events.push_back({Event::Kind::kFailed, reader.close_code()});
    return true;
  };
  for (;;) {
    Result r;
    if (!has_header) {
      r = reader.ReadHeader(none, header);
      if (ended(r)) return said;
      has_header = r.n > 0;
    }
    if (has_header && IsControl(header.opcode())) {
      r = reader.ReadControl(none, header, control);
      if (ended(r)) return said;
      has_header = !reader.frame_over();
      if (!has_header) {
        said.events.push_back({Event::Kind::kControl,
                               static_cast<uint16_t>(header.opcode()),
                               {control.begin(), control.begin() + r.n}});
        if (reader.ended() == Errc::kEof) {
          said.events.push_back({Event::Kind::kClosed, reader.close_code()});
          return said;
        }
      }
    } else if (has_header) {
      r = reader.ReadPayload(none, to);
      if (ended(r)) return said;
      message.insert(message.end(), to.begin(), to.begin() + r.n);
      has_header = !reader.frame_over();
      if (reader.message_over()) {
        said.events.push_back(
            {Event::Kind::kMessage, static_cast<uint16_t>(reader.message_opcode()), message});
        message.clear();
      }
    }
    if (!reader.hungry()) continue;
    if (stream.empty()) {
      said.events.push_back({reader.midway() ? Event::Kind::kMidway : Event::Kind::kEnd});
      return said;
    }
    const size_t n = std::min(stream.size(), pieces[next++ % pieces.size()]);
    reader.Feed(stream.first(n));
    stream = stream.subspan(n);
    said.decided += n;
  }
}

}  // namespace tare::suites::ws_frames
