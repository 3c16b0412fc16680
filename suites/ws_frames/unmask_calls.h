// SPDX-License-Identifier: Apache-2.0
// UnmaskCalls: the masking loop by itself, at one length or at every length up to 4,096.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "impl/ws_frames/unmask.h"
#include "suites/support/row.h"
#include "suites/ws_frames/wire.h"

namespace tare::suites {

// A copy that changes nothing is the floor of one that does.
struct CopyCall {
  static const char* WhyNot() noexcept { return nullptr; }
  static void Run(std::byte* to, const std::byte* from, size_t n, uint32_t) noexcept {
    std::memcpy(to, from, n);
  }
  static constexpr uint32_t kKey = 0;
};
struct UnmaskByBytesCall {
  static const char* WhyNot() noexcept { return nullptr; }
  static void Run(std::byte* to, const std::byte* from, size_t n, uint32_t key) noexcept {
    io::ws_frames::UnmaskByBytes(to, from, n, key);
  }
  static constexpr uint32_t kKey = 0x9e3779b9;
};
struct UnmaskCall : UnmaskByBytesCall {
  static void Run(std::byte* to, const std::byte* from, size_t n, uint32_t key) noexcept {
    io::ws_frames::Unmask(to, from, n, key);
  }
};

struct UnmaskCallsBase {
  // As `size`: not one length, but 1 to 4,096 in turn, each as one operation.
  static constexpr int64_t kEvery = 0;
};

// The row's `offset` is where the source begins; the destination begins at a multiple of 64.
template <class Call>
class UnmaskCalls : public UnmaskCallsBase {
 public:
  explicit UnmaskCalls(const Row& row)
      : size_(static_cast<size_t>(row["size"])),
        offset_(size_ == kEvery ? static_cast<size_t>(row["offset"]) : 0) {}
  static int64_t Counted(const Row&) { return kLongest; }

  std::string Open() {
    const size_t most = size_ == kEvery ? kLongest : size_;
    from_ = ws_frames::Noise(most + 8, 3);
    to_.resize(most + 64);
    return "";
  }
  std::string Check() {
    const size_t n = to_.size() - 64;
    Call::Run(To(), from_.data() + offset_, n, Call::kKey);
    ws_frames::Bytes right(n);
    io::ws_frames::UnmaskByBytes(right.data(), from_.data() + offset_, n, Call::kKey);
    return std::memcmp(right.data(), To(), n) == 0 ? "" : "other bytes than by the naive loop";
  }
  int64_t PerCall() const { return size_ == kEvery ? kLongest : 1; }
  bool Trip() {
    if (size_ != kEvery) {
      One(size_);
    } else {
      for (size_t n = 1; n <= kLongest; ++n) One(n);
    }
    return true;
  }
  std::string Error() const { return ""; }

 private:
  static constexpr int64_t kLongest = 4096;

  std::byte* To() noexcept {
    return to_.data() + (64 - reinterpret_cast<uintptr_t>(to_.data()) % 64) % 64;
  }
  void One(size_t n) noexcept {
    Call::Run(To(), from_.data() + offset_, n, Call::kKey);
    benchmark::ClobberMemory();
  }

  size_t size_;
  size_t offset_;
  ws_frames::Bytes from_;
  ws_frames::Bytes to_;
};

}  // namespace tare::suites
