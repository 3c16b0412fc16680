// SPDX-License-Identifier: Apache-2.0
// StreamMaker: streams of frames that follow from a seed, most of them right, many wrong somewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "impl/ws_frames/frame.h"
#include "suites/ws_frames/wire.h"

namespace tare::suites::ws_frames {

class StreamMaker {
 public:
  explicit StreamMaker(uint64_t seed)
      : random_(seed),
        role_(seed % 2 == 0 ? io::ws_frames::Role::kServer : io::ws_frames::Role::kClient) {}

  // Of the end that reads the stream.
  io::ws_frames::Role role() const { return role_; }

  Bytes Make() {
    Bytes stream;
    const uint64_t messages = 1 + Below(4);
    for (uint64_t i = 0; i < messages; ++i) AddMessage(stream);
    if (Below(4) == 0) {
      Bytes payload;
      if (Below(4) != 0) payload = Two(Below(3) == 0 ? Below(6000) : 1000);
      if (!payload.empty()) Append(payload, Text(Below(60)));
      if (Below(10) == 0) payload.resize(1);
      Add(stream, 0x88, payload);
      if (Below(2) == 0) Add(stream, 0x89, Text(5));
    }
    if (Below(6) == 0) stream[Below(stream.size())] ^= static_cast<std::byte>(1 << Below(8));
    if (Below(6) == 0) stream.resize(1 + Below(stream.size()));
    return stream;
  }

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }

  static void Append(Bytes& to, const Bytes& bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
  }
  static Bytes Two(uint64_t number) {
    return {static_cast<std::byte>(number >> 8), static_cast<std::byte>(number)};
  }

  // About `size` bytes of UTF-8; now and then not quite.
  Bytes Text(size_t size) {
    constexpr const char* kCharacters[] = {"a",
                                           "z",
                                           "\x7F",
                                           "\xC2\x80",
                                           "\xDF\xBF",
                                           "\xE0\xA0\x80",
                                           "\xED\x9F\xBF",
                                           "\xEF\xBF\xBF",
                                           "\xF0\x90\x80\x80",
                                           "\xF4\x8F\xBF\xBF"};
    std::string text;
    while (text.size() < size) text += kCharacters[Below(Below(3) == 0 ? 10 : 2)];
    if (!text.empty() && Below(12) == 0) text[Below(text.size())] ^= static_cast<char>(0x80);
    if (!text.empty() && Below(12) == 0) text.pop_back();
    return BytesOf(text);
  }

  void Add(Bytes& stream, uint8_t first, std::span<const std::byte> payload) {
    if (Below(60) == 0) first ^= static_cast<uint8_t>(1 << Below(8));
    const bool masked = (role_ == io::ws_frames::Role::kServer) != (Below(100) == 0);
    std::optional<uint32_t> key;
    if (masked) key = static_cast<uint32_t>(random_());
    Form form = Form::kShortest;
    if (Below(60) == 0) form = payload.size() < 65536 && Below(2) == 0 ? Form::k16 : Form::k64;
    uint64_t length = payload.size();
    if (form == Form::k64 && Below(2) == 0) length |= uint64_t{1} << 63;
    Append(stream, Wire(first, length, key, payload, form));
  }

  void AddMessage(Bytes& stream) {
    constexpr size_t kSizes[] = {0, 1, 10, 125, 126, 127, 500, 3000, 6000};
    const bool is_text = Below(2) == 0;
    const size_t size = kSizes[Below(Below(4) == 0 ? 9 : 7)];
    const Bytes payload = is_text ? Text(size) : Noise(size, random_());
    const uint64_t fragments = Below(3) == 0 ? 1 + Below(5) : 1;
    size_t at = 0;
    for (uint64_t i = 0; i < fragments; ++i) {
      const bool last = i + 1 == fragments;
      const size_t n = last ? payload.size() - at : Below(payload.size() - at + 1);
      const int opcode = i > 0 ? 0 : is_text ? 1 : 2;
      Add(stream, static_cast<uint8_t>((last ? 0x80 : 0) | opcode),
          std::span(payload).subspan(at, n));
      at += n;
      if (Below(4) == 0) Add(stream, Below(2) == 0 ? 0x89 : 0x8A, Text(Below(126)));
    }
  }

  std::mt19937_64 random_;
  const io::ws_frames::Role role_;
};

}  // namespace tare::suites::ws_frames
