// SPDX-License-Identifier: Apache-2.0
// The header of a WebSocket frame (RFC 6455, 5.2): its arithmetic both ways, and which close codes
// may be on the wire.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tare::io::ws_frames {

enum class Opcode : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

constexpr bool IsControl(Opcode opcode) noexcept {
  return static_cast<uint8_t>(opcode) >= 8;
}

// Which end of the connection this is: a client masks what it sends, a server does not.
enum class Role : uint8_t { kClient, kServer };

// A header as numbers. `key` has the bytes of the masking key in the order of the wire.
struct Header {
  uint8_t first = 0;   // fin, three reserved bits, opcode
  uint8_t second = 0;  // mask, and the length or the form of it
  uint32_t key = 0;    // 0 if nothing is masked: the same arithmetic then leaves the bytes alone
  uint64_t length = 0;

  bool fin() const noexcept { return (first & 0x80) != 0; }
  uint8_t reserved() const noexcept { return first & 0x70; }
  Opcode opcode() const noexcept { return static_cast<Opcode>(first & 0x0F); }
  bool masked() const noexcept { return (second & 0x80) != 0; }
};

inline constexpr size_t kLeastHeader = 2;    // bytes
inline constexpr size_t kMostHeader = 14;    // bytes
inline constexpr size_t kMostControl = 125;  // bytes of payload in a control frame

// How many bytes the header has whose second byte this is.
constexpr size_t HeaderSize(uint8_t second) noexcept {
  const uint8_t form = second & 0x7F;
  const size_t extended = form < 126 ? 0 : form == 126 ? 2 : 8;
  return kLeastHeader + extended + ((second & 0x80) != 0 ? 4 : 0);
}

// From network order, and to it.
template <class Integer>
Integer LoadBig(const std::byte* at) noexcept {
  Integer value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof value == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof value == 8) value = __builtin_bswap64(value);
  }
  return value;
}

// Takes the header apart, of which there are HeaderSize(at[1]) bytes, and returns where it ends.
// Judges nothing. Where it ends follows from branches, which a processor foresees, and not from
// arithmetic on bytes that it must wait for.
[[gnu::always_inline]] inline const std::byte* DecodeHeader(const std::byte* at,
                                                            Header& header) noexcept {
  header.first = static_cast<uint8_t>(at[0]);
  header.second = static_cast<uint8_t>(at[1]);
  at += kLeastHeader;
  header.length = header.second & 0x7F;
  if (header.length == 126) {
    header.length = LoadBig<uint16_t>(at);
    at += 2;
  } else if (header.length == 127) {
    header.length = LoadBig<uint64_t>(at);
    at += 8;
  }
  header.key = 0;
  if (header.masked()) {
    std::memcpy(&header.key, at, sizeof header.key);
    at += sizeof header.key;
  }
  return at;
}

// Whether the length is in the shortest form that holds it, as it must be.
constexpr bool IsMinimal(const Header& header) noexcept {
  const uint8_t form = header.second & 0x7F;
  return form < 126 || (form == 126 ? header.length >= 126 : header.length > 0xFFFF);
}

// Writes the header of a frame; how many bytes it has. `at` has room for kMostHeader. A key of 0
// says that the frame is not masked: what would be masked with it is sent as if it were not, so
// whoever masks picks another.
inline size_t EncodeHeader(std::byte* at, Opcode opcode, bool fin, uint64_t length,
                           uint32_t key) noexcept {
  const uint8_t mask = key != 0 ? 0x80 : 0;
  at[0] = static_cast<std::byte>((fin ? 0x80 : 0) | static_cast<uint8_t>(opcode));
  size_t size = kLeastHeader;
  if (length < 126) {
    at[1] = static_cast<std::byte>(mask | length);
  } else if (length <= 0xFFFF) {
    at[1] = static_cast<std::byte>(mask | 126);
    at[size++] = static_cast<std::byte>(length >> 8);
    at[size++] = static_cast<std::byte>(length);
  } else {
    at[1] = static_cast<std::byte>(mask | 127);
    for (int shift = 56; shift >= 0; shift -= 8)
      at[size++] = static_cast<std::byte>(length >> shift);
  }
  if (key != 0) {
    std::memcpy(at + size, &key, sizeof key);
    size += sizeof key;
  }
  return size;
}

// Why a connection ends (RFC 6455, 7.4, and the register of IANA).
namespace close_code {
inline constexpr uint16_t kNormal = 1000;
inline constexpr uint16_t kGoingAway = 1001;
inline constexpr uint16_t kProtocol = 1002;
inline constexpr uint16_t kNone = 1005;      // a Close without one; never on the wire
inline constexpr uint16_t kAbnormal = 1006;  // no Close at all; never on the wire
inline constexpr uint16_t kNotUtf8 = 1007;
inline constexpr uint16_t kTooBig = 1009;

// Whether a Close frame may carry it: 1000 to 1003, 1007 to 1014, 3000 to 4999.
constexpr bool MayBeSent(uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}
}  // namespace close_code

}  // namespace tare::io::ws_frames
