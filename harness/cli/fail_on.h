// SPDX-License-Identifier: Apache-2.0
// `tare compare --fail-on worse`: which rows of a report make the exit status, and which could not.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/compare_text.h"
#include "table/comparison.h"
#include "table/sheet.h"

namespace tare::cli {

struct FailOn {
  bool asked = false;
  // A row fails if it was called worse and its whole interval (of an exact unit the change itself)
  // lies beyond this many percent.
  double percent = 0;
};

// "worse" or "worse:PERCENT"; empty: not asked.
absl::StatusOr<FailOn> ParseFailOn(const std::string& text);

struct FailOnVerdict {
  std::vector<std::string> worse;  // a row each, with what it costs more
  // What cannot pass, for it could not have failed: rows that are gone, that have too few values to
  // show any change, that changed in a unit of which nobody says which way is good; and a report
  // that compares nothing.
  std::vector<std::string> not_judged;
  std::string passed;  // what was judged, and how blunt the bluntest row was
};

FailOnVerdict JudgeFailOn(const table::Sheet& sheet, const table::Report& report,
                          const EmptyReasons& reasons, const FailOn& fail_on);

}  // namespace tare::cli
