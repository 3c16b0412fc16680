// SPDX-License-Identifier: Apache-2.0
// Numbers as Go's benchmark format writes them: parsing by Go's rules, printing that reads back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tare::result {

enum class NumberError { kNone, kSyntax, kRange };

// "invalid syntax" or "value out of range", the words of Go's strconv.
std::string_view ToString(NumberError error);

// A base-10 integer with an optional sign; all of `text`.
NumberError ParseInt64(std::string_view text, int64_t* value);

// A floating-point literal by the rules of Go's strconv.ParseFloat: decimal or hexadecimal
// ("0x1p4"), "_" between digits, "inf", "infinity", "nan" in any case. Overflow is kRange,
// underflow gives 0.
NumberError ParseDouble(std::string_view text, double* value);

// The shortest decimal text that ParseDouble turns into the same double. Without an exponent
// where the magnitude lets a reader take it in (1e-4 to 1e15).
std::string FormatDouble(double value);

}  // namespace tare::result
