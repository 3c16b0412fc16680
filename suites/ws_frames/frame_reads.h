// SPDX-License-Identifier: Apache-2.0
// FrameReads: what all answers of ws_frames are asked to read, from memory; checked before it is
// timed or counted.
#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
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

// The bytes of some frames, and what is to be read from them.
struct FrameBytes {
  static constexpr size_t kFrames = 8;  // of each kind but a header alone
  static constexpr size_t kSize = 512;

  FrameBytes() = default;
  explicit FrameBytes(FrameKind kind);

  std::vector<std::byte> wire;
  std::vector<std::byte> payload;  // of all frames
  std::vector<size_t> sizes;       // of each of them; empty where the kind has no payload

 private:
  void AddFrame(uint8_t first, const std::vector<std::byte>& of_payload);
};

// Looks at what is read from FrameBytes, frame by frame.
class FrameCheck {
 public:
  explicit FrameCheck(const FrameBytes& right) : right_(right), rest_(right.payload) {}

  // "" or what is wrong with the next frame.
  std::string Next(const io::Result& result, std::span<const std::byte> read);

 private:
  const FrameBytes& right_;
  std::span<const std::byte> rest_;
  size_t frame_ = 0;
};

// "a read ended with 5 kEof".
std::string SayEnd(const io::Result& result);

// The bytes come again and again; as they are all here, nobody ever waits, and no context ends.
template <class A, FrameKind kKind, ContextKind kContext>
class FrameReads {
 public:
  std::string Open() {
    bytes_ = FrameBytes(kKind);
    io::ws_frames::Limits limits;
    limits.message = uint64_t{1} << 62;
    const bool masked = kKind != FrameKind::kHeader && kKind != FrameKind::kPayload512;
    if constexpr (!kWhole) {
      reader_.Open(masked ? io::ws_frames::Role::kServer : io::ws_frames::Role::kClient, limits);
    }
    if constexpr (kKind == FrameKind::kPayload512) {
      const auto header = ws_frames::HeaderWire(0x82, uint64_t{1} << 61, std::nullopt);
      reader_.Feed(header);
      const io::Result r = reader_.ReadHeader(Context(), header_);
      if (!r.ok()) return SayEnd(r);
    }
    if constexpr (kWhole) {
      const size_t frame = bytes_.wire.size() / FrameBytes::kFrames;
      if (const io::Result r = reader_.Open(bytes_.wire, frame); !r.ok()) return SayEnd(r);
    }
    return "";
  }

  // "" or what is wrong with the answers: twice over all the bytes.
  std::string Check() {
    FrameCheck check(bytes_);
    for (size_t i = 0; i < 2 * FrameBytes::kFrames; ++i) {
      if (!One()) return Error();
      if (std::string wrong = check.Next(result_, to_); !wrong.empty()) return wrong;
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

  std::string Error() const { return SayEnd(result_); }

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
    if (reader_.hungry()) reader_.Feed(bytes_.wire);
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

  io::Timers timers_;
  io::ws_frames::Context& none_ = io::ws_frames::Context::None();  // a call, not to be timed
  io::ws_frames::Context cancellable_;
  io::ws_frames::Context deadline_{timers_, io::Now().Plus(kHour)};
  A reader_{timers_};
  io::ws_frames::Header header_;
  io::Result result_;
  FrameBytes bytes_;
  // At the same place in a cache line for all answers: stores that cross lines cost more.
  alignas(64) std::array<std::byte, FrameBytes::kSize> to_{};
};

}  // namespace tare::suites
