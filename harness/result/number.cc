// SPDX-License-Identifier: Apache-2.0
// Go's number syntax on top of std::from_chars and std::to_chars (no locale, no allocation).
#include "result/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace tare::result {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsHexDigit(char c) {
  return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f');
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return Lower(a) == b; });
}

// An underscore stands between two digits, or between a base prefix and a digit.
bool UnderscoresAreWellPlaced(std::string_view digits, bool hex) {
  bool after_digit = hex;  // the prefix counts as a digit
  for (size_t i = 0; i < digits.size(); ++i) {
    const char c = digits[i];
    if (c == '_') {
      const bool before_digit =
          i + 1 < digits.size() && (hex ? IsHexDigit(digits[i + 1]) : IsDigit(digits[i + 1]));
      if (!after_digit || !before_digit) return false;
    }
    after_digit = hex ? IsHexDigit(c) : IsDigit(c);
  }
  return true;
}

// Of a decimal literal that does not fit a double: is it too small, not too large?
bool IsUnderflow(std::string_view literal) {
  const size_t e = literal.find_first_of("eE");
  const std::string_view mantissa = literal.substr(0, e);
  int64_t exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = literal.substr(e + 1);
    if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error == std::errc::result_out_of_range) return digits[0] == '-';
  }
  // The place of the first digit that counts: 12.5 has it at +1, 0.05 at -2.
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  const size_t first = mantissa.find_first_of("123456789");
  const int64_t place = first < point ? static_cast<int64_t>(point - first) - 1
                                      : -static_cast<int64_t>(first - point);
  return exponent + place < 0;
}

// `digits` has neither sign, underscore nor base prefix.
NumberError ParseUnsigned(std::string_view digits, bool hex, double* value) {
  // from_chars knows "inf" and "nan" too, but more spellings than Go.
  if (digits.empty() || !(IsHexDigit(digits[0]) || digits[0] == '.')) return NumberError::kSyntax;
  if (hex && digits.find_first_of("pP") == std::string_view::npos) return NumberError::kSyntax;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(
      digits.data(), end, *value, hex ? std::chars_format::hex : std::chars_format::general);
  if (stop != end || error == std::errc::invalid_argument) return NumberError::kSyntax;
  if (error != std::errc::result_out_of_range) return NumberError::kNone;
  const bool underflow =
      hex ? digits.substr(digits.find_first_of("pP") + 1).starts_with('-') : IsUnderflow(digits);
  if (!underflow) return NumberError::kRange;
  *value = 0;
  return NumberError::kNone;
}

}  // namespace

std::string_view ToString(NumberError error) {
  switch (error) {
    case NumberError::kSyntax:
      return "invalid syntax";
    case NumberError::kRange:
      return "value out of range";
    case NumberError::kNone:
      break;
  }
  return "";
}

NumberError ParseInt64(std::string_view text, int64_t* value) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return NumberError::kSyntax;
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  if (stop != end || error == std::errc::invalid_argument) return NumberError::kSyntax;
  return error == std::errc() ? NumberError::kNone : NumberError::kRange;
}

NumberError ParseDouble(std::string_view text, double* value) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);

  NumberError error = NumberError::kNone;
  if (EqualsIgnoringCase(text, "inf") || EqualsIgnoringCase(text, "infinity")) {
    *value = std::numeric_limits<double>::infinity();
  } else if (EqualsIgnoringCase(text, "nan")) {
    *value = std::numeric_limits<double>::quiet_NaN();
  } else {
    const bool hex = text.size() >= 2 && text[0] == '0' && Lower(text[1]) == 'x';
    if (hex) text.remove_prefix(2);
    if (text.find('_') == std::string_view::npos) {
      error = ParseUnsigned(text, hex, value);
    } else if (UnderscoresAreWellPlaced(text, hex)) {
      std::string plain(text);
      plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
      error = ParseUnsigned(plain, hex, value);
    } else {
      error = NumberError::kSyntax;
    }
  }
  if (error == NumberError::kNone && negative) *value = -*value;
  return error;
}

std::string FormatDouble(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e15);
  char buffer[64];
  const auto [end, error] =
      plain ? std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed)
            : std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, end);
}

}  // namespace tare::result
