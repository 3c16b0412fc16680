// SPDX-License-Identifier: Apache-2.0
// The opening handshake (RFC 6455, 4): requests and responses made and judged, within bounds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tare::io::ws_frames {

// What comes before the first frame is text of a bounded size: a head that ends with an empty line.
// All of it is for set-up, not for hot paths; OpenSSL may allocate.

// A client's nonce in Base64, and what a server makes of it.
using Key = std::array<char, 24>;
using AcceptKey = std::array<char, 28>;

// 16 random bytes. False where the system has none.
bool NewKey(Key& key) noexcept;
AcceptKey AcceptOf(std::string_view key) noexcept;

// How many bytes `bytes` begins with that are a whole head, its empty line included; 0 if the end
// has not come yet.
size_t HeadSize(std::span<const std::byte> bytes) noexcept;

// What a server makes of a head. `status` is 101, or with what it is refused: 400 for what is no
// upgrade to WebSocket or has a body, which would be taken for frames, 405 for another method than
// GET, 426 for another version than 13, 505 for another HTTP than 1.1. 431, for a head that has no
// end within its bound, is for whoever knows the bound to say.
struct Request {
  int status = 400;
  const char* why = nullptr;     // which rule it breaks, if the status is not 101; lives for ever
  std::string_view resource{};   // of the request line; in the head
  std::string_view protocols{};  // the first Sec-WebSocket-Protocol as it stands; in the head
  AcceptKey accept{};            // if the status is 101
};
Request JudgeRequest(std::string_view head) noexcept;

// The status line of a response of HTTP 1: the code of three digits, and the words behind it, in
// the head. 0 where there is no such line.
struct Status {
  int code = 0;
  std::string_view reason;

  // An answer before the answer (RFC 9110, 15.2), of which there may be several.
  bool interim() const noexcept { return code >= 100 && code < 200 && code != 101; }
};
Status StatusOf(std::string_view head) noexcept;

// What a client makes of a head: nullptr if it is the upgrade that was asked for with `key`, else
// which rule it breaks. An extension or a protocol is refused, named or not: none was asked for.
const char* WhyNotUpgraded(std::string_view head, const Key& key) noexcept;

// Each writes a whole head and returns its size; 0 if `to` has no room for it or a name holds what
// would end its line.
size_t WriteRequest(std::span<char> to, std::string_view host, std::string_view resource,
                    const Key& key) noexcept;
size_t WriteResponse(std::span<char> to, const Request& request) noexcept;

}  // namespace tare::io::ws_frames
