// SPDX-License-Identifier: Apache-2.0
// FrameReads: what all answers of ws_frames are asked to read, from memory; checked before it is
// timed or counted.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "impl/ws_frames/contract.h"
#include "suites/ws_frames/wire.h"

namespace tare::suites {

// One operation of each.
enum class FrameKind {
  kHeader,      // a header of two bytes
  kPayload512,  // 512 bytes of the payload of a frame that does not end
  kMasked512,   // header and payload of a masked binary frame of 512 bytes
  kText512,     // the same of a text in several languages, which must be UTF-8
  kPing,        // header and payload of a masked ping of 125 bytes
  kMixed,       // the next of: a fragment of a text, a ping, the text's rest, 512 bytes; masked
};

enum class ContextKind { kNone, kDeadline, kCancellable };

// The bytes come again and again; as they are all here, nobody ever waits, and no context ends.
template <class A, FrameKind kKind, ContextKind kContext>
class FrameReads {
 public:
  std::string Open() {
    io::ws_frames::Limits limits;
    limits.message = uint64_t{1} << 62;
    const bool masked = kKind != FrameKind::kHeader && kKind != FrameKind::kPayload512;
    if constexpr (!kWhole) {
      reader_.Open(masked ? io::ws_frames::Role::kServer : io::ws_frames::Role::kClient, limits);
    }
    if constexpr (kKind == FrameKind::kHeader) {
      for (int i = 0; i < 256; ++i) Append(wire_, ws_frames::Wire(0x82, 0, std::nullopt, {}));
    } else if constexpr (kKind == FrameKind::kPayload512) {
      payload_ = ws_frames::Noise(kRepeat * kSize, 1);
      wire_ = payload_;
      const auto header = ws_frames::HeaderWire(0x82, uint64_t{1} << 61, std::nullopt);
      reader_.Feed(header);
      const io::Result r = reader_.ReadHeader(Context(), header_);
      if (!r.ok()) return Say(r);
    } else {
      for (size_t i = 0; i < kRepeat; ++i) {
        if constexpr (kKind == FrameKind::kMasked512) AddFrame(0x82, ws_frames::Noise(kSize, i));
        if constexpr (kKind == FrameKind::kText512) AddFrame(0x81, Text(kSize));
        if constexpr (kKind == FrameKind::kPing) AddFrame(0x89, ws_frames::Noise(125, i));
      }
      if constexpr (kKind == FrameKind::kMixed) {
        for (size_t i = 0; i < kRepeat / 4; ++i) {
          AddFrame(0x01, Text(128));
          AddFrame(0x89, ws_frames::Noise(16, i));
          AddFrame(0x80, Text(256));
          AddFrame(0x82, ws_frames::Noise(kSize, i));
        }
      }
    }
    if constexpr (kWhole) {
      if (const io::Result r = reader_.Open(wire_, wire_.size() / kRepeat); !r.ok()) return Say(r);
    }
    return "";
  }

  // "" or what is wrong with the answers: twice over all the bytes.
  std::string Check() {
    std::span<const std::byte> rest = payload_;
    for (size_t i = 0; i < 2 * kRepeat; ++i) {
      if (!One()) return Error();
      if constexpr (kKind == FrameKind::kHeader) continue;
      const size_t size = kKind == FrameKind::kPayload512 ? kSize : sizes_[i % kRepeat];
      if (static_cast<size_t>(result_.n) != size) return Error();
      if (!std::equal(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size),
                      to_.begin())) {
        return "other bytes than were sent, in frame " + std::to_string(i);
      }
      rest = rest.subspan(size);
      if (rest.empty()) rest = payload_;
    }
    return "";
  }

  int64_t PerCall() const { return kPerCall; }

  bool Trip() {
    for (int i = 0; i < kPerCall; ++i) {
      if (!One()) return false;
    }
    return true;
  }

  std::string Error() const { return Say(result_); }

  // One operation, of whatever kind.
  [[gnu::always_inline]] bool One() {
    if constexpr (kWhole) {
      result_ = reader_.ReadMessage(to_);
      return result_.ok();
    } else {
      return OneByParts();
    }
  }

 private:
  [[gnu::always_inline]] bool OneByParts() {
    if (reader_.hungry()) reader_.Feed(wire_);
    if constexpr (kKind != FrameKind::kPayload512) {
      result_ = reader_.ReadHeader(Context(), header_);
      benchmark::DoNotOptimize(header_);
    }
    if constexpr (kKind == FrameKind::kPayload512) {
      result_ = reader_.ReadPayload(Context(), to_);
    } else if constexpr (kKind == FrameKind::kMasked512 || kKind == FrameKind::kText512) {
      if (result_.ok()) result_ = reader_.ReadPayload(Context(), to_);
    } else if constexpr (kKind == FrameKind::kPing) {
      if (result_.ok()) ReadControl();
    } else if constexpr (kKind == FrameKind::kMixed) {
      if (!result_.ok()) return false;
      if (IsControl(header_.opcode())) {
        ReadControl();
      } else {
        result_ = reader_.ReadPayload(Context(), to_);
      }
    }
    return result_.ok();
  }

  // A peer, which takes messages whole.
  static constexpr bool kWhole = requires(A a, std::span<std::byte> to) { a.ReadMessage(to); };
  static constexpr size_t kSize = 512;
  static constexpr size_t kRepeat = 8;
  static constexpr int kPerCall = 50;
  static constexpr int64_t kHour = int64_t{3600} * 1'000'000'000;

  io::ws_frames::Context& Context() noexcept {
    if constexpr (kContext == ContextKind::kNone) return none_;
    if constexpr (kContext == ContextKind::kDeadline) return deadline_;
    if constexpr (kContext == ContextKind::kCancellable) return cancellable_;
  }

  [[gnu::always_inline]] void ReadControl() {
    result_ = reader_.ReadControl(Context(), header_, std::span(to_).first(125));
  }

  void AddFrame(uint8_t first, const std::vector<std::byte>& payload) {
    const auto key = static_cast<uint32_t>(0x9e3779b9u * (sizes_.size() + 1));
    Append(wire_, ws_frames::Wire(first, payload.size(), key, payload));
    Append(payload_, payload);
    sizes_.push_back(payload.size());
  }

  // UTF-8 that ends with a whole character.
  static std::vector<std::byte> Text(size_t size) {
    constexpr std::string_view kWords = "plain words, na\u00efve ones, \u65e5\u672c, \U0001f600. ";
    std::string text;
    while (text.size() + kWords.size() <= size) text += kWords;
    text.resize(size, '.');
    return ws_frames::BytesOf(text);
  }

  static void Append(std::vector<std::byte>& to, const std::vector<std::byte>& bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
  }
  static std::string Say(const io::Result& r) {
    return "a read ended with " + std::to_string(r.n) + " " + std::string(Name(r.err));
  }

  io::Timers timers_;
  io::ws_frames::Context& none_ = io::ws_frames::Context::None();  // a call, not to be timed
  io::ws_frames::Context cancellable_;
  io::ws_frames::Context deadline_{timers_, io::Now().Plus(kHour)};
  A reader_{timers_};
  io::ws_frames::Header header_;
  io::Result result_;
  std::vector<std::byte> wire_;
  std::vector<std::byte> payload_;  // of all frames
  std::vector<size_t> sizes_;       // of each of them
  // At the same place in a cache line for all answers: stores that cross lines cost more.
  alignas(64) std::array<std::byte, kSize> to_{};
};

}  // namespace tare::suites
