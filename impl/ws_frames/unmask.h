// SPDX-License-Identifier: Apache-2.0
// Masking (RFC 6455, 5.3) while copying, or in place: the same operation both ways.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tare::io::ws_frames {

// The key as it applies `by` bytes further on.
constexpr uint32_t Rotated(uint32_t key, uint64_t by) noexcept {
  const int bits = static_cast<int>(by % 4) * 8;
  return std::endian::native == std::endian::little ? std::rotr(key, bits) : std::rotl(key, bits);
}

// to[i] = from[i] ^ byte i mod 4 of the key as it lies in memory, for i < n. The two are the same
// place, or do not overlap. In vectors as wide as the processor has them, chosen once when the
// program starts; GCC 12 at -O2 leaves the plain loop in bytes.
void Unmask(std::byte* to, const std::byte* from, size_t n, uint32_t key) noexcept;

// The same in the words of RFC 6455, a byte at a time: what Unmask is held against.
void UnmaskByBytes(std::byte* to, const std::byte* from, size_t n, uint32_t key) noexcept;

// One way to do it.
struct UnmaskKernel {
  const char* name;
  void (*run)(std::byte* to, const std::byte* from, size_t n, uint32_t key) noexcept;
};
// Those that run on this machine, for tests and measurements; the first is Unmask's own.
std::span<const UnmaskKernel> UnmaskKernels() noexcept;

}  // namespace tare::io::ws_frames
