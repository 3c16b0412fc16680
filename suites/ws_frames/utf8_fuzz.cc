// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry: any bytes as UTF-8, in two pieces, against arithmetic on code points.
#include <cstddef>
#include <cstdint>
#include <span>

#include "impl/ws_frames/utf8.h"
#include "suites/ws_frames/events.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tare::io::ws_frames::Utf8;
  using tare::suites::ws_frames::BeginsCharacter;
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);

  // Where the first byte is that cannot be.
  size_t begin = 0, wrong = bytes.size();
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto character = bytes.subspan(begin, i + 1 - begin);
    if (!BeginsCharacter(character)) {
      wrong = i;
      break;
    }
    const auto first = static_cast<uint8_t>(character[0]);
    const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (character.size() == length) begin = i + 1;
  }

  const size_t cut = data[0] % (bytes.size() + 1);
  Utf8 pieces;
  const bool good = pieces.Take(bytes.first(cut)) && pieces.Take(bytes.subspan(cut));
  if (good != (wrong == bytes.size())) __builtin_trap();
  if (good && pieces.whole() != (begin == bytes.size())) __builtin_trap();
  Utf8 bytewise;
  for (size_t i = 0; i < bytes.size() && i <= wrong; ++i) {
    if (bytewise.Take(bytes.subspan(i, 1)) != (i != wrong)) __builtin_trap();
  }
  return 0;
}
