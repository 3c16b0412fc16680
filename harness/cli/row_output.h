// SPDX-License-Identifier: Apache-2.0
// What a bench program printed for one row, judged: a measurement, an absence or a fault.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/process.h"
#include "result/result.h"

namespace tare::cli {

enum class Pass { kCounts, kTimes };

struct RowOutput {
  enum class Kind { kMeasured, kAbsent, kFailed };
  Kind kind = Kind::kFailed;
  std::string reason;  // of an absence or a fault: one line of printable text

  // Of a measurement.
  result::Row row;
  std::vector<result::Row>
      repetitions;  // in the pass of times: all rows, of which `row` is the first
  result::Config config;
  result::Units units;
  std::string counts;    // what the program counts, such as "malloc+new"; empty if it does not say
  std::string unstable;  // which counts differed between two runs; empty: none
  std::vector<std::pair<std::string, result::Row>> planted;  // the fault, and the row with it
  std::vector<std::string> not_applicable;  // units that this pass cannot give: "<unit>: <reason>"
  std::vector<std::string> sites;           // comments on where memory is allocated, as they are
  std::vector<std::string> notes;           // comments about the row that are none of the above
};

// `end` must not be an interruption. `source` names the output in reasons ("bench_fd_ops output"):
// a line that is no result, comment or header is quoted with its number. A measurement is one row,
// named `name`, or in the pass of times `repetitions` of them; with ns/op, above 0, in that pass;
// without, in that of counts.
RowOutput JudgeOutput(const ProcessEnd& end, Pass pass, const std::string& name,
                      const std::string& source, size_t repetitions = 1);

// Leaves of the repetitions of one process, each with ns/op, the median one, of two in the middle
// the faster. They are no rounds of their own: what moves the process moves them all.
void KeepMedian(std::vector<result::Row>* repetitions);

}  // namespace tare::cli
