// SPDX-License-Identifier: Apache-2.0
// A total over a number of operations, kept as two integers: 1 in 1,000 is never rounded away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tare::gate {

struct Rational {
  int64_t total = 0;
  int64_t n = 1;  // above 0

  bool IsInteger() const { return total % n == 0; }
  // Below 0, 0 or above 0, as *this is smaller than, equal to or larger than `other`. Exact.
  int Compare(const Rational& other) const;
  double ToDouble() const { return static_cast<double>(total) / static_cast<double>(n); }
};

// For people: "12", or a decimal and the fraction it stands for: "0.001 = 1/1000".
std::string ToText(const Rational& rational);
// For the file of budgets: 12, or "1/1000" between quotes.
std::string ToToml(const Rational& rational);
// "12" or "1/1000"; nothing where that is no rational, or below 0.
std::optional<Rational> ParseRational(absl::string_view text);

}  // namespace tare::gate
