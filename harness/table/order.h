// SPDX-License-Identifier: Apache-2.0
// Orders of values in a projection: by name `alpha` and `num`.
#pragma once

#include "absl/strings/string_view.h"

namespace tare::table {

// Both return below 0, 0 or above 0. By bytes:
int CompareAlpha(absl::string_view a, absl::string_view b);

// As numbers, with k, M, ... Y, an i for powers of 1,024, and B for bytes behind them; numbers
// before texts, NaN last among them. Two texts are of no order (0).
int CompareNumeric(absl::string_view a, absl::string_view b);

}  // namespace tare::table
