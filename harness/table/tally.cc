// SPDX-License-Identifier: Apache-2.0
// Counts what the comparisons of a report came to.
#include <optional>

#include "table/comparison.h"

namespace tare::table {

Tally TallyOf(const Report& report) {
  Tally tally;
  for (const ComparedTable& table : report.tables) {
    for (const Comparison& comparison : table.comparisons) {
      size_t* const kind = comparison.outcome == Outcome::kChanged   ? &tally.changed
                           : comparison.outcome == Outcome::kSame    ? &tally.same
                           : comparison.outcome == Outcome::kCounted ? &tally.counted_once
                                                                     : &tally.unknown;
      ++*kind;
      tally.worse += comparison.better < 0 ? 1 : 0;
    }
    // A row that several columns lack is one row.
    std::optional<size_t> gone, added, any;
    for (const Missing& missing : table.missing) {
      tally.incomplete += any == missing.row ? 0 : 1;
      any = missing.row;
      std::optional<size_t>& last = missing.gone ? gone : added;
      if (last == missing.row) continue;
      last = missing.row;
      ++(missing.gone ? tally.gone : tally.added);
    }
  }
  return tally;
}

}  // namespace tare::table
