// SPDX-License-Identifier: Apache-2.0
// One row on one subject, in this process: what a program does that the kit has started for a row.
#pragma once

#include "suites/conformance/row.h"

namespace tare::conformance {

// Runs the row between two looks at the handles (RS-02) and threads (RS-04) of the process, watched
// for `limit`, and sends the outcome (SendReport). Does not return if it is not a pass.
void RunTrial(const Row& row, const Candidate& candidate, Duration limit);

}  // namespace tare::conformance
