// SPDX-License-Identifier: Apache-2.0
// Looks at the first bytes of a text.
#include "result/encoding.h"

#include <algorithm>

namespace tare::result {
namespace {

using std::string_view_literals::operator""sv;

// Without a mark: characters of ASCII, of which each has zero bytes in fixed places. `zeros` has a
// letter for each byte of a character, '0' for one that is zero.
bool LooksLike(std::string_view text, std::string_view zeros) {
  constexpr size_t kLooked = 32;  // bytes; what comes later may be in any script
  if (text.size() < zeros.size()) return false;
  const size_t size = std::min(text.size(), kLooked);
  for (size_t i = 0; i < size; ++i) {
    if ((text[i] == '\0') != (zeros[i % zeros.size()] == '0')) return false;
  }
  return true;
}

std::string_view NameOf(std::string_view text) {
  // UTF-32 first: its little-endian mark begins with that of UTF-16.
  if (text.starts_with("\xFF\xFE\0\0"sv) || LooksLike(text, "x000")) return "UTF-32LE";
  if (text.starts_with("\0\0\xFE\xFF"sv) || LooksLike(text, "000x")) return "UTF-32BE";
  if (text.starts_with("\xFF\xFE"sv) || LooksLike(text, "x0")) return "UTF-16LE";
  if (text.starts_with("\xFE\xFF"sv) || LooksLike(text, "0x")) return "UTF-16BE";
  return "";
}

}  // namespace

size_t ByteOrderMark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
}

std::string WrongEncoding(std::string_view text) {
  const std::string_view name = NameOf(text);
  if (name.empty()) return "";
  return std::string("the file is ")
      .append(name)
      .append(", as a shell of Windows writes it, and UTF-8 is expected: iconv -f ")
      .append(name)
      .append(" -t UTF-8");
}

}  // namespace tare::result
