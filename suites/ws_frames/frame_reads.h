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
#include <vector>

#include "impl/ws_frames/contract.h"
#include "suites/ws_frames/wire.h"

namespace tare::suites {

// One operation of each.
enum class FrameKind {
  kHeader,      // a header of two bytes
  kPayload512,  // 512 bytes of the payload of a frame that does not end
  kMasked512,   // header and payload of a masked binary frame of 512 bytes
  kPing,        // header and payload of a masked ping of 125 bytes
};

enum class ContextKind { kNone, kDeadline, kCancellable };

// The bytes come again and again; as they are all here, nobody ever waits, and no context ends.
template <class A, FrameKind kKind, ContextKind kContext>
class FrameReads {
 public:
  std::string Open() {
    io::ws_frames::Limits limits;
    limits.message = uint64_t{1} << 62;
    const bool masked = kKind == FrameKind::kMasked512 || kKind == FrameKind::kPing;
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
      const size_t size = kKind == FrameKind::kPing ? 125 : kSize;
      payload_ = ws_frames::Noise(kRepeat * size, 2);
      for (size_t i = 0; i < kRepeat; ++i) {
        const auto part = std::span(payload_).subspan(i * size, size);
        const auto key = static_cast<uint32_t>(0x9e3779b9u * (i + 1));
        Append(wire_, ws_frames::Wire(kKind == FrameKind::kPing ? 0x89 : 0x82, size, key, part));
      }
    }
    if constexpr (kWhole) {
      if (const io::Result r = reader_.Open(wire_, wire_.size() / kRepeat); !r.ok()) return Say(r);
    }
    return "";
  }

  // "" or what is wrong with the answers: twice over all the bytes.
  std::string Check() {
    for (size_t i = 0; i < 2 * kRepeat; ++i) {
      if (!One()) return Error();
      const size_t size = kKind == FrameKind::kHeader ? 0 : static_cast<size_t>(result_.n);
      if (kKind != FrameKind::kHeader && size != payload_.size() / kRepeat) return Error();
      if (!std::equal(to_.begin(), to_.begin() + static_cast<std::ptrdiff_t>(size),
                      payload_.begin() + static_cast<std::ptrdiff_t>(i % kRepeat * size))) {
        return "other bytes than were sent, in frame " + std::to_string(i);
      }
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
    } else if constexpr (kKind == FrameKind::kMasked512) {
      if (result_.ok()) result_ = reader_.ReadPayload(Context(), to_);
    } else if constexpr (kKind == FrameKind::kPing) {
      if (result_.ok())
        result_ = reader_.ReadControl(Context(), header_, std::span(to_).first(125));
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
    if constexpr (kContext == ContextKind::kNone) return io::ws_frames::Context::None();
    if constexpr (kContext == ContextKind::kDeadline) return deadline_;
    if constexpr (kContext == ContextKind::kCancellable) return cancellable_;
  }

  static void Append(std::vector<std::byte>& to, const std::vector<std::byte>& bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
  }
  static std::string Say(const io::Result& r) {
    return "a read ended with " + std::to_string(r.n) + " " + std::string(Name(r.err));
  }

  io::Timers timers_;
  io::ws_frames::Context cancellable_;
  io::ws_frames::Context deadline_{timers_, io::Now().Plus(kHour)};
  A reader_{timers_};
  io::ws_frames::Header header_;
  io::Result result_;
  std::vector<std::byte> wire_;
  std::vector<std::byte> payload_;
  // At the same place in a cache line for all answers: stores that cross lines cost more.
  alignas(64) std::array<std::byte, kSize> to_{};
};

}  // namespace tare::suites
