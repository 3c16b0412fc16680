// SPDX-License-Identifier: Apache-2.0
// The bytes that FrameReads reads, and the check of what was read: no part of what is timed.
#include "suites/ws_frames/frame_reads.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "impl/base/errc.h"

namespace tare::suites {
namespace {

void Append(std::vector<std::byte>& to, const std::vector<std::byte>& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// UTF-8 that ends with a whole character.
std::vector<std::byte> Text(size_t size) {
  constexpr std::string_view kWords = "plain words, na\u00efve ones, \u65e5\u672c, \U0001f600. ";
  std::string text;
  while (text.size() + kWords.size() <= size) text += kWords;
  text.resize(size, '.');
  return ws_frames::BytesOf(text);
}

}  // namespace

FrameBytes::FrameBytes(FrameKind kind) {
  switch (kind) {
    case FrameKind::kHeader:
      for (int i = 0; i < 256; ++i) Append(wire, ws_frames::Wire(0x82, 0, std::nullopt, {}));
      break;
    case FrameKind::kPayload512:
      payload = ws_frames::Noise(kFrames * kSize, 1);
      wire = payload;
      sizes.assign(kFrames, kSize);
      break;
    case FrameKind::kMasked512:
      for (size_t i = 0; i < kFrames; ++i) AddFrame(0x82, ws_frames::Noise(kSize, i));
      break;
    case FrameKind::kText512:
      for (size_t i = 0; i < kFrames; ++i) AddFrame(0x81, Text(kSize));
      break;
    case FrameKind::kPing:
      for (size_t i = 0; i < kFrames; ++i) AddFrame(0x89, ws_frames::Noise(125, i));
      break;
    case FrameKind::kMixed:
      for (size_t i = 0; i < kFrames / 4; ++i) {
        AddFrame(0x01, Text(128));
        AddFrame(0x89, ws_frames::Noise(16, i));
        AddFrame(0x80, Text(256));
        AddFrame(0x82, ws_frames::Noise(kSize, i));
      }
      break;
  }
}

void FrameBytes::AddFrame(uint8_t first, const std::vector<std::byte>& of_payload) {
  const auto key = static_cast<uint32_t>(0x9e3779b9u * (sizes.size() + 1));
  Append(wire, ws_frames::Wire(first, of_payload.size(), key, of_payload));
  Append(payload, of_payload);
  sizes.push_back(of_payload.size());
}

std::string FrameCheck::Next(const io::Result& result, std::span<const std::byte> read) {
  const size_t frame = frame_++;
  if (right_.sizes.empty()) return "";
  const size_t size = right_.sizes[frame % right_.sizes.size()];
  if (static_cast<size_t>(result.n) != size) return SayEnd(result);
  if (!std::equal(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(size), read.begin())) {
    return "other bytes than were sent, in frame " + std::to_string(frame);
  }
  rest_ = rest_.subspan(size);
  if (rest_.empty()) rest_ = right_.payload;
  return "";
}

std::string SayEnd(const io::Result& result) {
  return "a read ended with " + std::to_string(result.n) + " " + std::string(Name(result.err));
}

}  // namespace tare::suites
