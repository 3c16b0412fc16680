// SPDX-License-Identifier: Apache-2.0
// The encoding of a file's bytes: a byte-order mark is passed over, anything but UTF-8 is named.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tare::result {

// So many bytes of a text are enough for both functions, unless the text is shorter.
inline constexpr size_t kBytesThatTell = 4;

// The bytes of UTF-8's byte-order mark that `text` begins with: 3 or 0.
size_t ByteOrderMark(std::string_view text);

// Where `text` is UTF-16 or UTF-32, by its byte-order mark or by the zero bytes of its first
// characters: which it is and what to do, in words that stand behind "<file>:1: "; else empty.
std::string WrongEncoding(std::string_view text);

}  // namespace tare::result
