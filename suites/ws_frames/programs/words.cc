// SPDX-License-Identifier: Apache-2.0
// The words, put together.
#include "suites/ws_frames/programs/words.h"

#include "suites/support/program.h"

namespace tare::suites::ws_frames {
namespace {

using io::Errc;
using io::ws_frames::Opening;
using io::ws_frames::Role;

std::string Seconds(int64_t nanos) {
  return std::to_string(nanos / 1'000'000'000) + " s";
}

// Of a stream: whether the peer has ended it, where the system knows of no error.
std::string Broken(io::Result result) {
  std::string why(Name(result.err));
  if (result.err == Errc::kReset && result.os == 0) why += " (the stream ended)";
  return why;
}

}  // namespace

std::string WhyNotOpened(Role role, const Opening& opening, io::Result result,
                         const io::ws_frames::Limits& limits) {
  const std::string limit = std::to_string(limits.buffer) + " bytes, this end's limit";
  const bool is_server = role == Role::kServer;
  const std::string words = opening.why_in_words() != nullptr ? opening.why_in_words() : "";
  if (result.err == Errc::kTimeout) {
    return "timeout (the handshake was not over within " + Seconds(limits.close_wait) +
           ", this end's limit)";
  }
  if (result.err == Errc::kResource && !words.empty()) {
    return std::string(is_server ? "answered 431 (" : "resource (") + words + ": " + limit + ")";
  }
  if (result.err != Errc::kInvalid || words.empty()) return Broken(result);
  if (is_server) return "answered " + std::to_string(opening.status()) + " (" + words + ")";
  if (opening.status() == 0 || opening.status() == 101) {
    return "invalid (the answer is no upgrade to WebSocket: " + words + ")";
  }
  std::string status = std::to_string(opening.status());
  if (!opening.reason().empty()) status += " " + Printable(opening.reason());
  return "refused with " + status;
}

std::string HowItClosed(io::Result end, uint16_t code, const io::ws_frames::Limits& limits) {
  const bool has_code = code != io::ws_frames::close_code::kNone;
  const std::string closed = has_code ? "closed with " + std::to_string(code)
                                      : std::string("closed without a code (1005)");
  switch (end.err) {
    case Errc::kEof:
      return closed + (code == io::ws_frames::close_code::kTooBig
                           ? ", as the peer said: a message was longer than its limit"
                           : ", as the peer said");
    case Errc::kInvalid:
      return closed + ": the peer broke the protocol";
    case Errc::kResource:
      return closed + ": a message was longer than " + std::to_string(limits.message) +
             " bytes, this end's --limit";
    case Errc::kOk:
    case Errc::kClosed:
      return closed + ", as this end said";
    default:
      return closed + ": " + Broken(end);
  }
}

}  // namespace tare::suites::ws_frames
