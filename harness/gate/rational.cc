// SPDX-License-Identifier: Apache-2.0
// Comparison by multiplication across, in 128 bits.
#include "gate/rational.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "result/words.h"

namespace tare::gate {
namespace {

__extension__ using Wide = __int128;

}  // namespace

int Rational::Compare(const Rational& other) const {
  const Wide mine = static_cast<Wide>(total) * other.n;
  const Wide its = static_cast<Wide>(other.total) * n;
  return mine < its ? -1 : mine > its ? 1 : 0;
}

std::string ToText(const Rational& rational) {
  if (rational.IsInteger()) return absl::StrCat(rational.total / rational.n);
  return absl::StrCat(result::Rounded(rational.ToDouble(), 6), " = ", rational.total, "/",
                      rational.n);
}

std::string ToToml(const Rational& rational) {
  if (rational.IsInteger()) return absl::StrCat(rational.total / rational.n);
  return absl::StrCat("\"", rational.total, "/", rational.n, "\"");
}

std::optional<Rational> ParseRational(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  Rational rational;
  if (!absl::SimpleAtoi(parts.first, &rational.total) || rational.total < 0) return std::nullopt;
  if (parts.first.size() == text.size()) return rational;
  if (!absl::SimpleAtoi(parts.second, &rational.n) || rational.n <= 0) return std::nullopt;
  return rational;
}

}  // namespace tare::gate
