// SPDX-License-Identifier: Apache-2.0
// The masking loop in vectors: one body, compiled for several widths.
#include "impl/ws_frames/unmask.h"

#include <cstring>

namespace tare::io::ws_frames {
namespace {

// Not target_clones: its resolvers run before a sanitizer is ready, and crash there.
using Kernel = void (*)(std::byte*, const std::byte*, size_t, uint32_t) noexcept;

using Words16 = uint32_t __attribute__((vector_size(16)));
using Words32 = uint32_t __attribute__((vector_size(32)));
using Words64 = uint32_t __attribute__((vector_size(64)));

// By reference, for a vector by value would be passed otherwise in every width.
template <class Word>
[[gnu::always_inline]] inline void Load(Word& word, const std::byte* from) noexcept {
  std::memcpy(&word, from, sizeof word);
}

// Of `n` bytes, sizeof(Word) at least and twice that at most: two words, which overlap unless there
// are exactly two. Both are read before either is written, so it works in place.
template <class Word>
[[gnu::always_inline]] inline void UnmaskEnds(std::byte* to, const std::byte* from, size_t n,
                                              uint32_t key) noexcept {
  const auto repeat = [](uint32_t k) {
    if constexpr (sizeof(Word) == 8) return uint64_t{k} << 32 | k;
    if constexpr (sizeof(Word) == 4) return k;
    if constexpr (sizeof(Word) == 2) return static_cast<Word>(k);
  };
  static_assert(std::endian::native == std::endian::little, "the low bytes of a key come first");
  Word first, last;
  Load(first, from);
  Load(last, from + n - sizeof(Word));
  first = static_cast<Word>(first ^ repeat(key));
  last = static_cast<Word>(last ^ repeat(Rotated(key, n - sizeof(Word))));
  std::memcpy(to, &first, sizeof first);
  std::memcpy(to + n - sizeof(Word), &last, sizeof last);
}

void UnmaskFew(std::byte* to, const std::byte* from, size_t n, uint32_t key) noexcept {
  if (n >= 8) return UnmaskEnds<uint64_t>(to, from, n, key);
  if (n >= 4) return UnmaskEnds<uint32_t>(to, from, n, key);
  if (n >= 2) return UnmaskEnds<uint16_t>(to, from, n, key);
  if (n == 1) *to = *from ^ static_cast<std::byte>(key);
}

// At least a vector of bytes. The last vector is read before anything is written and written last,
// so that it may overlap the one before it, also in place.
template <class Words>
[[gnu::always_inline]] inline void UnmaskVectors(std::byte* to, const std::byte* from, size_t n,
                                                 uint32_t key) noexcept {
  constexpr size_t kWidth = sizeof(Words);
  const Words keys = Words{} + key;
  const size_t end = n - kWidth;
  Words a, b, c, d, last;
  Load(last, from + end);
  last ^= Words{} + Rotated(key, end);
  size_t i = 0;
  for (; i + 4 * kWidth <= n; i += 4 * kWidth) {
    Load(a, from + i);
    Load(b, from + i + kWidth);
    Load(c, from + i + 2 * kWidth);
    Load(d, from + i + 3 * kWidth);
    a ^= keys;
    b ^= keys;
    c ^= keys;
    d ^= keys;
    std::memcpy(to + i, &a, kWidth);
    std::memcpy(to + i + kWidth, &b, kWidth);
    std::memcpy(to + i + 2 * kWidth, &c, kWidth);
    std::memcpy(to + i + 3 * kWidth, &d, kWidth);
  }
  for (; i < end; i += kWidth) {
    Load(a, from + i);
    a ^= keys;
    std::memcpy(to + i, &a, kWidth);
  }
  std::memcpy(to + end, &last, kWidth);
}

void UnmaskBy16(std::byte* to, const std::byte* from, size_t n, uint32_t key) noexcept {
  if (n <= 16) return UnmaskFew(to, from, n, key);
  UnmaskVectors<Words16>(to, from, n, key);
}

#ifdef __x86_64__
[[gnu::target("avx2")]] void UnmaskAvx2(std::byte* to, const std::byte* from, size_t n,
                                        uint32_t key) noexcept {
  if (n < 32) return UnmaskBy16(to, from, n, key);
  UnmaskVectors<Words32>(to, from, n, key);
}

[[gnu::target("avx512f")]] void UnmaskAvx512(std::byte* to, const std::byte* from, size_t n,
                                             uint32_t key) noexcept {
  if (n < 64) return UnmaskAvx2(to, from, n, key);
  UnmaskVectors<Words64>(to, from, n, key);
}
#endif

constexpr UnmaskKernel kKernels[] = {
#ifdef __x86_64__
    {"avx512", &UnmaskAvx512},
    {"avx2", &UnmaskAvx2},
#endif
    {"16 bytes", &UnmaskBy16},
};

std::span<const UnmaskKernel> ThatRunHere() noexcept {
  size_t absent = 0;
#ifdef __x86_64__
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512f")) ++absent;
  if (!__builtin_cpu_supports("avx2")) ++absent;
#endif
  return std::span(kKernels).subspan(absent);
}

// Right before the program starts too, for whoever unmasks in a constructor.
constinit Kernel g_kernel = &UnmaskBy16;
[[maybe_unused]] const bool g_chosen = (g_kernel = ThatRunHere().front().run, true);

}  // namespace

void Unmask(std::byte* to, const std::byte* from, size_t n, uint32_t key) noexcept {
  g_kernel(to, from, n, key);
}

void UnmaskByBytes(std::byte* to, const std::byte* from, size_t n, uint32_t key) noexcept {
  std::byte bytes[4];
  std::memcpy(bytes, &key, sizeof key);
  for (size_t i = 0; i < n; ++i) to[i] = from[i] ^ bytes[i % 4];
}

std::span<const UnmaskKernel> UnmaskKernels() noexcept {
  return ThatRunHere();
}

}  // namespace tare::io::ws_frames
