// SPDX-License-Identifier: Apache-2.0
// The floors: a header taken apart and a payload unmasked while copying, and the latter alone.
#pragma once

#include <algorithm>
#include <span>

#include "impl/ws_frames/contract.h"
#include "impl/ws_frames/unmask.h"

namespace tare::io::ws_frames {

// Believes every header, and knows neither contexts nor rules. Allocates nothing.
class Floor {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  explicit Floor(Timers&) noexcept {}

  void Open(Role, const Limits&) noexcept {}
  bool hungry() const noexcept { return here_.empty(); }
  void Feed(std::span<const std::byte> bytes) noexcept { here_ = bytes; }

  Result ReadHeader(Context&, Header& header) noexcept {
    const auto size = static_cast<size_t>(DecodeHeader(here_.data(), header) - here_.data());
    here_ = here_.subspan(size);
    left_ = header.length;
    key_ = header.key;
    return {static_cast<int64_t>(size)};
  }

  Result ReadPayload(Context&, std::span<std::byte> to) noexcept {
    const size_t n = std::min({to.size(), here_.size(), left_});
    Unmask(to.data(), here_.data(), n, key_);
    here_ = here_.subspan(n);
    key_ = Rotated(key_, n);
    left_ -= n;
    return {static_cast<int64_t>(n)};
  }

  Result ReadControl(Context& context, const Header&, std::span<std::byte> to) noexcept {
    return ReadPayload(context, to);
  }

 private:
  std::span<const std::byte> here_;
  size_t left_ = 0;
  uint32_t key_ = 0;
};

// Does not look at headers at all: a payload is what stands behind so many bytes.
class UnmaskAlone {
 public:
  static constexpr size_t kHeader = 8;  // of a masked frame of 126 to 65,535 bytes
  static const char* WhyNot() noexcept { return nullptr; }

  explicit UnmaskAlone(Timers&) noexcept {}

  void Open(Role, const Limits&) noexcept {}
  bool hungry() const noexcept { return here_.empty(); }
  void Feed(std::span<const std::byte> bytes) noexcept { here_ = bytes; }

  Result ReadHeader(Context&, Header&) noexcept {
    std::memcpy(&key_, here_.data() + kHeader - sizeof key_, sizeof key_);
    here_ = here_.subspan(kHeader);
    return {static_cast<int64_t>(kHeader)};
  }

  Result ReadPayload(Context&, std::span<std::byte> to) noexcept {
    Unmask(to.data(), here_.data(), to.size(), key_);
    here_ = here_.subspan(to.size());
    return {static_cast<int64_t>(to.size())};
  }

  Result ReadControl(Context& context, const Header&, std::span<std::byte> to) noexcept {
    return ReadPayload(context, to);
  }

 private:
  std::span<const std::byte> here_;
  uint32_t key_ = 0;
};

static_assert(Answer<Floor> && Answer<UnmaskAlone>);

}  // namespace tare::io::ws_frames
