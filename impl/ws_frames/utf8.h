// SPDX-License-Identifier: Apache-2.0
// Utf8: whether bytes that arrive in pieces are UTF-8, told at the first byte that cannot be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tare::io::ws_frames {

// Shortest forms only, no surrogates, nothing above U+10FFFF; non-characters are characters
// (RFC 3629).
class Utf8 {
 public:
  // The next piece. False at the first byte that no continuation could mend; then start anew.
  bool Take(std::span<const std::byte> piece) noexcept {
    const std::byte* at = piece.data();
    const std::byte* const end = at + piece.size();
    while (at != end) {
      if (wanted_ == 0) {
        at = SkipAscii(at, end);
        if (at == end) break;
      }
      if (!TakeByte(static_cast<uint8_t>(*at++))) return false;
    }
    return true;
  }

  // Whether what came so far ends with a whole character.
  bool whole() const noexcept { return wanted_ == 0; }

  void Reset() noexcept { *this = Utf8(); }

 private:
  static const std::byte* SkipAscii(const std::byte* at, const std::byte* end) noexcept {
    constexpr uint64_t kHigh = 0x8080808080808080;
    uint64_t words[4];
    for (; end - at >= 32; at += 32) {
      std::memcpy(words, at, sizeof words);
      if (((words[0] | words[1] | words[2] | words[3]) & kHigh) != 0) break;
    }
    while (at != end && static_cast<uint8_t>(*at) < 0x80) ++at;
    return at;
  }

  bool TakeByte(uint8_t byte) noexcept {
    if (wanted_ > 0) {
      if (byte < least_ || byte > most_) return false;
      least_ = 0x80;
      most_ = 0xBF;
      --wanted_;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xC2 || byte > 0xF4) return false;  // C0 and C1 would be too long for what they say
    wanted_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    // What keeps out long forms, surrogates and what lies above U+10FFFF is the second byte.
    least_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
    most_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
    return true;
  }

  uint8_t wanted_ = 0;  // bytes of the character that has begun
  uint8_t least_ = 0x80;
  uint8_t most_ = 0xBF;  // what the next of them may be
};

}  // namespace tare::io::ws_frames
