// SPDX-License-Identifier: Apache-2.0
// Figures in sentences and tables for people; what programs read is written by number.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tare::result {

// "1 regression", "2 regressions": the plural is the noun with an "s".
std::string CountOf(uint64_t n, std::string_view noun);

// `value` rounded to `digits` significant digits and never with an exponent, as people write
// numbers: "1600", "0.0000123". Digits before the point are all shown, zeros at the end of a
// fraction are not. `with_sign` puts "+" before what is above zero. NaN and infinity are named.
std::string Rounded(double value, int digits, bool with_sign = false);

}  // namespace tare::result
