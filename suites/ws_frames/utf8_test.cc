// SPDX-License-Identifier: Apache-2.0
// UTF-8 as it arrives, against arithmetic on code points; all that there is up to three bytes.
#include "impl/ws_frames/utf8.h"

#include <gtest/gtest.h>

#include <array>

#include "suites/ws_frames/events.h"
#include "suites/ws_frames/ws_fixture.h"

namespace tare::suites::ws_frames {
namespace {

using io::ws_frames::Utf8;

class Utf8Test : public WsTest {};

// How many bytes of `bytes` were taken one by one before one was refused.
size_t Taken(std::span<const std::byte> bytes) {
  Utf8 utf8;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!utf8.Take(bytes.subspan(i, 1))) return i;
  }
  return bytes.size();
}

// Every beginning of a character with every byte behind it, up to three bytes,
// and of four those whose third and fourth are at the edges.
TEST_F(Utf8Test, WS_11_EveryByteBehindEveryBeginning) {
  std::array<std::byte, 4> bytes;
  const auto check = [&bytes](size_t size) {
    const bool right = BeginsCharacter(std::span(bytes).first(size));
    const bool taken = Taken(std::span(bytes).first(size)) == size;
    if (right != taken) ADD_FAILURE() << "wrong of " << size << " bytes";
    return right;
  };
  const auto is_whole = [&bytes](size_t size) {
    Utf8 utf8;
    return utf8.Take(std::span(bytes).first(size)) && utf8.whole();
  };
  constexpr int kEdges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBE, 0xBF, 0xC0, 0xFF};
  for (int first = 0; first < 256; ++first) {
    bytes[0] = static_cast<std::byte>(first);
    if (!check(1) || is_whole(1)) continue;
    for (int second = 0; second < 256; ++second) {
      bytes[1] = static_cast<std::byte>(second);
      if (!check(2) || is_whole(2)) continue;
      for (int third = 0; third < 256; ++third) {
        bytes[2] = static_cast<std::byte>(third);
        if (!check(3) || is_whole(3)) continue;
        for (const int fourth : kEdges) {
          bytes[3] = static_cast<std::byte>(fourth);
          EXPECT_EQ(check(4), is_whole(4));
        }
      }
    }
  }
}

// In every piece size, with what is not ASCII at every place, so that each of the fast ways is
// taken.
TEST_F(Utf8Test, WS_11_WherePiecesEndChangesNothing) {
  for (size_t at = 0; at < 70; ++at) {
    for (const std::string& odd : {std::string("\xF0\x9F\x98\x80"), std::string("\xED\xA0\x80")}) {
      const Bytes text = BytesOf(std::string(at, 'a') + odd + std::string(70 - at, 'b'));
      const bool right = odd[0] == '\xF0';
      for (size_t piece = 1; piece <= text.size(); ++piece) {
        Utf8 utf8;
        bool good = true;
        for (size_t i = 0; i < text.size() && good; i += piece) {
          good = utf8.Take(std::span(text).subspan(i, std::min(piece, text.size() - i)));
        }
        EXPECT_EQ(good, right);
        EXPECT_TRUE(!right || utf8.whole());
      }
    }
  }
}

}  // namespace
}  // namespace tare::suites::ws_frames
