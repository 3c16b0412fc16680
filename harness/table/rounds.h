// SPDX-License-Identifier: Apache-2.0
// Which values of two cells were taken in the same round.
#pragma once

#include <optional>
#include <vector>

#include "table/sheet.h"

namespace tare::table {

// The samples that are compared: of pairs the k-th of one with the k-th of the other.
struct Sides {
  std::vector<double> base;
  std::vector<double> values;
};

// The values of the rounds in which both cells have one; nothing where it is not known which
// rounds those are. Each file that the cells were read from must have as many rounds of both, and
// `within_files` they must be the same files: otherwise the k-th file of one cell goes with the
// k-th of the other.
std::optional<Sides> InRounds(const SheetCell& base, const SheetCell& cell, bool within_files);

}  // namespace tare::table
