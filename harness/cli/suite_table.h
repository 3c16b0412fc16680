// SPDX-License-Identifier: Apache-2.0
// A measured suite as a table for the eye: figures beside their ratios to floor and hand loop.
#pragma once

#include <cstdint>
#include <string>

#include "cli/measurement.h"

namespace tare::cli {

// One block a question (scenario and parameters), one line a variant and backend; absent and failed
// rows keep their line, with the reason. Where no row names a variant or backend, as in programs of
// others, one line a row with its name, and no ratios. The benchmarks' own counters have a column
// each. Ends with a legend. On a terminal of `width` columns (0: any) no line is longer but for a
// name that is.
std::string RenderSuiteTable(const SuiteRecord& suite, const Plan& plan, size_t width = 0);

// A count per operation, exactly: an integer, or a decimal and the fraction it stands for, such as
// "0.001 = 1/1000". A value that is no integer total over `iterations` shows all its digits.
std::string FormatExact(double per_op, int64_t iterations);

}  // namespace tare::cli
