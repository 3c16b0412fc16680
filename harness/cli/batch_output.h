// SPDX-License-Identifier: Apache-2.0
// What a bench program printed for several rows, taken apart by row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tare::cli {

// For each of `names`, in their order, what a process that measured this row alone would have
// printed: the head, the lines and comments that name the row, and what stands before its first
// line and names no row; nothing where the process did not come to it. What stands at the end and
// names none is the last one's.
std::vector<std::optional<std::string>> OutputsOfRows(absl::string_view text,
                                                      const std::vector<std::string>& names);

// Whether a row ended in an error that the program itself reported in such an output.
bool HasErrorComment(absl::string_view text);

}  // namespace tare::cli
