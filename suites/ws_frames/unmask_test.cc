// SPDX-License-Identifier: Apache-2.0
// The masking loop against the naive one: every length, every offset, in place and not, in every
// width that runs here.
#include "impl/ws_frames/unmask.h"

#include <gtest/gtest.h>

#include <cstring>

#include "suites/ws_frames/wire.h"
#include "suites/ws_frames/ws_fixture.h"

namespace tare::suites::ws_frames {
namespace {

using io::ws_frames::Rotated;
using io::ws_frames::Unmask;
using io::ws_frames::UnmaskByBytes;
using io::ws_frames::UnmaskKernel;
using io::ws_frames::UnmaskKernels;

constexpr uint32_t kKey = 0xc3a51e07;
constexpr size_t kMost = 4096;
constexpr size_t kFence = 64;  // bytes on either side that must stay what they are

class UnmaskTest : public WsTest {};

TEST_F(UnmaskTest, WS_18_EveryLengthAndOffsetLikeTheNaiveLoop) {
  const Bytes from = Noise(kMost + 8, 1);
  Bytes right(kMost), to(kMost + 8 + 2 * kFence);
  for (const UnmaskKernel& kernel : UnmaskKernels()) {
    SCOPED_TRACE(kernel.name);
    for (size_t offset = 0; offset < 8; ++offset) {
      for (size_t n = 0; n <= kMost; ++n) {
        UnmaskByBytes(right.data(), from.data() + offset, n, kKey);
        std::byte* const at = to.data() + kFence + (7 - offset);
        std::memset(at - kFence / 2, 0x5A, n + kFence);
        kernel.run(at, from.data() + offset, n, kKey);
        ASSERT_EQ(std::memcmp(at, right.data(), n), 0) << n << " bytes from " << offset;
        for (size_t i = 1; i <= kFence / 2; ++i) {
          ASSERT_EQ(at[-static_cast<std::ptrdiff_t>(i)], std::byte{0x5A}) << n << " bytes";
          ASSERT_EQ(at[n + i - 1], std::byte{0x5A}) << n << " bytes";
        }
      }
    }
  }
}

TEST_F(UnmaskTest, WS_18_InPlaceTwiceIsWhatItWas) {
  const Bytes from = Noise(kMost + 8, 2);
  Bytes right(kMost);
  for (const UnmaskKernel& kernel : UnmaskKernels()) {
    SCOPED_TRACE(kernel.name);
    for (size_t offset = 0; offset < 8; ++offset) {
      for (size_t n = 0; n <= kMost; n += n < 300 ? 1 : 37) {
        Bytes to = from;
        UnmaskByBytes(right.data(), from.data() + offset, n, kKey);
        kernel.run(to.data() + offset, to.data() + offset, n, kKey);
        ASSERT_EQ(std::memcmp(to.data() + offset, right.data(), n), 0) << n << " bytes";
        kernel.run(to.data() + offset, to.data() + offset, n, kKey);
        ASSERT_EQ(to, from) << n << " bytes";
      }
    }
  }
}

TEST_F(UnmaskTest, WS_18_TheKeyGoesOnAcrossPieces) {
  const Bytes from = Noise(1000, 3);
  Bytes right(from.size()), to(from.size());
  UnmaskByBytes(right.data(), from.data(), from.size(), kKey);
  for (size_t piece = 1; piece <= 130; ++piece) {
    uint32_t key = kKey;
    for (size_t i = 0; i < from.size(); i += piece) {
      const size_t n = std::min(piece, from.size() - i);
      Unmask(to.data() + i, from.data() + i, n, key);
      key = Rotated(key, n);
    }
    ASSERT_EQ(to, right) << "in pieces of " << piece;
  }
}

}  // namespace
}  // namespace tare::suites::ws_frames
