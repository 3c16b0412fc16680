// SPDX-License-Identifier: Apache-2.0
// Text of strangers as UTF-8, for formats that allow nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tare::result {

// How many bytes of `text`, which is not empty, are one code point of valid UTF-8 that is no
// surrogate and no non-character at the end of the first plane; 0: none, the first byte is not.
size_t Utf8Size(std::string_view text);

// `text` with U+FFFD for each byte that is none.
std::string ToUtf8(std::string_view text);

// As a string of JSON, quotes included.
std::string QuoteJson(std::string_view text);

}  // namespace tare::result
