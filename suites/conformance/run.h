// SPDX-License-Identifier: Apache-2.0
// Runs a row in a process of its own.
#pragma once

#include "suites/conformance/report.h"

namespace tare::conformance {

// Starts this program once more for the row of `r` on `candidate`, and fills in how it went. False
// if it could not be started, with the reason as the detail.
bool RunRow(const Options& options, const Candidate& candidate, RowResult* r);

}  // namespace tare::conformance
