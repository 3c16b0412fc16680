// SPDX-License-Identifier: Apache-2.0
// The ratchet: writes what was counted into the file of budgets, a line a benchmark.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gate/evidence.h"

namespace tare::gate {

struct UpdateOptions {
  bool allow_increase = false;  // a budget may rise; otherwise such a line is refused
  bool prune = false;           // budgets for what the results do not have are taken out
};

struct Update {
  std::string text;                  // the file as it is to be
  std::vector<std::string> changes;  // "<name>: allocs 3 -> 2", "added <name>", "removed <name>"
  std::vector<std::string> refused;  // what would rise, or could not be counted
};

// `text` is the file as it is (empty: there is none). Lines are edited in place, so that comments
// and everything else stay: in the row that holds for a benchmark, values that differ from what was
// counted are replaced. A ceiling is replaced only where it is exceeded; that of system calls,
// which depend on scheduling, gets half as much again and one on top. A benchmark without a row
// gets one, in the order of names; one that has come to account for a library gets the limits of
// that in its row. A row whose benchmark is a pattern is not touched.
absl::StatusOr<Update> UpdateBudgets(absl::string_view text, const std::string& file,
                                     const std::vector<Evidence>& evidence,
                                     const UpdateOptions& options);

}  // namespace tare::gate
