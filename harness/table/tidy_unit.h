// SPDX-License-Identifier: Apache-2.0
// Units as benchstat shows them: seconds for ns, bytes for MB; and how a unit is scaled.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tare::table {

struct TidyUnit {
  std::string unit;   // "sec/op" for "ns/op"
  double factor = 1;  // that a value is multiplied by
};

TidyUnit Tidy(absl::string_view unit);

// Whether values are counted in powers of 1,024: bytes in the numerator.
bool IsBinary(absl::string_view unit);

}  // namespace tare::table
