// SPDX-License-Identifier: Apache-2.0
// Frames as bytes, made in the words of RFC 6455 and without the code under test: right ones, and
// every wrong one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tare::suites::ws_frames {

using Bytes = std::vector<std::byte>;

// Noise that follows from `seed`.
inline Bytes Noise(size_t size, uint64_t seed) {
  Bytes bytes(size);
  uint64_t state = seed * 0x9e3779b97f4a7c15u;
  for (std::byte& b : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    b = static_cast<std::byte>(state >> 56);
  }
  return bytes;
}

inline Bytes BytesOf(std::string_view text) {
  const auto* at = reinterpret_cast<const std::byte*>(text.data());
  return {at, at + text.size()};
}

inline std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The form of a length: the shortest unless one is forced.
enum class Form { kShortest, k7, k16, k64 };

// A header. `key`: its bytes in the order of the wire, from the lowest.
inline Bytes HeaderWire(uint8_t first, uint64_t length, std::optional<uint32_t> key,
                        Form form = Form::kShortest) {
  if (form == Form::kShortest) {
    form = length < 126 ? Form::k7 : length < 65536 ? Form::k16 : Form::k64;
  }
  const uint64_t seven = form == Form::k7 ? length : form == Form::k16 ? 126 : 127;
  Bytes wire{std::byte{first}, static_cast<std::byte>(seven | (key ? 0x80 : 0))};
  const int extended = form == Form::k7 ? 0 : form == Form::k16 ? 2 : 8;
  for (int i = extended - 1; i >= 0; --i) wire.push_back(static_cast<std::byte>(length >> 8 * i));
  for (int i = 0; key && i < 4; ++i) wire.push_back(static_cast<std::byte>(*key >> 8 * i));
  return wire;
}

// A frame that says `length` and carries `payload`.
inline Bytes Wire(uint8_t first, uint64_t length, std::optional<uint32_t> key,
                  std::span<const std::byte> payload, Form form = Form::kShortest) {
  Bytes wire = HeaderWire(first, length, key, form);
  for (size_t i = 0; i < payload.size(); ++i) {
    wire.push_back(payload[i] ^ static_cast<std::byte>(key.value_or(0) >> 8 * (i % 4)));
  }
  return wire;
}

}  // namespace tare::suites::ws_frames
