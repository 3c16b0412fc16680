// SPDX-License-Identifier: Apache-2.0
// Decimals are counted from the first digit that is not zero.
#include "result/words.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "result/number.h"

namespace tare::result {

std::string CountOf(uint64_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

std::string Rounded(double value, int digits, bool with_sign) {
  if (!std::isfinite(value)) return FormatDouble(value);
  char buffer[400];  // the largest double has 309 digits, the smallest begins at the 324th decimal
  // Rounding may carry into another digit: the exponent is taken from the rounded number.
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific,
                           digits - 1)
                 .ptr;
  const std::string_view scientific(buffer, static_cast<size_t>(end - buffer));
  int exponent = 0;
  std::string_view power = scientific.substr(scientific.find('e') + 1);
  if (power.starts_with('+')) power.remove_prefix(1);
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  const int decimals = std::clamp(digits - 1 - exponent, 0, 350);
  end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals).ptr;
  std::string text(buffer, end);
  if (decimals > 0) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
  }
  if (text == "-0") text = "0";
  return with_sign && value > 0 ? "+" + text : text;
}

}  // namespace tare::result
