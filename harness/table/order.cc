// SPDX-License-Identifier: Apache-2.0
// Numbers with the prefixes of SI and IEC, found anywhere in a text.
#include "table/order.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "result/number.h"

namespace tare::table {
namespace {

constexpr absl::string_view kPrefixes = "KMGTPEZY";

std::optional<double> Parse(absl::string_view text) {
  double value = 0;
  const auto parses = [&](absl::string_view digits) {
    return result::ParseDouble(std::string_view(digits.data(), digits.size()), &value) ==
           result::NumberError::kNone;
  };
  if (parses(text)) return value;
  const size_t begin = text.find_first_of("0123456789.");
  if (begin == absl::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  const absl::string_view digits = text.substr(0, text.find_first_not_of("0123456789."));
  if (!parses(digits)) return std::nullopt;
  text.remove_prefix(digits.size());
  if (text.empty()) return value;
  const size_t prefix = kPrefixes.find(text[0] == 'k' ? 'K' : text[0]);
  if (prefix == absl::string_view::npos) return value;
  const bool binary = text.size() > 1 && text[1] == 'i';
  return value * std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(prefix + 1));
}

}  // namespace

int CompareAlpha(absl::string_view a, absl::string_view b) {
  return a.compare(b);
}

int CompareNumeric(absl::string_view a, absl::string_view b) {
  const std::optional<double> x = Parse(a), y = Parse(b);
  if (x.has_value() && y.has_value()) {
    if (*x < *y || (!std::isnan(*x) && std::isnan(*y))) return -1;
    if (*x > *y || (std::isnan(*x) && !std::isnan(*y))) return 1;
    return 0;
  }
  return x.has_value() ? -1 : y.has_value() ? 1 : 0;
}

}  // namespace tare::table
