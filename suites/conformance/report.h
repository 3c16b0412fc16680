// SPDX-License-Identifier: Apache-2.0
// What a run prints: a line a row and a summary that adds up, and the same as JSON.
#pragma once

#include <string>
#include <vector>

#include "suites/conformance/options.h"
#include "suites/conformance/row.h"

namespace tare::conformance {

// One row of a run.
struct RowResult {
  const Row* row = nullptr;
  const char* theme = "";
  Outcome outcome = Outcome::kNotRun;
  std::string detail;  // why, for all but a pass; there it may be a note
  std::string link;    // of the excuse, if one was used
  double ms = 0;
  bool selected = true;
};

// "conform tare, backend epoll: 22 rows, seed 1, ...".
std::string HeadLine(const Program& program, const Options& options);
// "DL-05   pass             103 ms  ...".
std::string RowLine(const RowResult& result);
// "22 rows: 20 pass, 2 not applicable".
std::string SummaryLine(const std::vector<RowResult>& results);

std::string ResultsJson(const Program& program, const Options& options,
                        const std::vector<RowResult>& results);
std::string ListJson(const Program& program);

}  // namespace tare::conformance
