// SPDX-License-Identifier: Apache-2.0
// The words of the warnings.
#include "stat/warning.h"

namespace tare::stat {

std::string_view ToString(Warning warning) {
  switch (warning) {
    case Warning::kTooFew:
      return "too few values";
    case Warning::kAllEqual:
      return "all values are equal";
    case Warning::kApproximate:
      return "normal approximation";
    case Warning::kUnstable:
      return "values that should be equal differ";
    case Warning::kNone:
      break;
  }
  return "";
}

}  // namespace tare::stat
