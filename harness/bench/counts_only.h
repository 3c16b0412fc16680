// SPDX-License-Identifier: Apache-2.0
// --counts-only: each row over a fixed number of iterations, twice, with the same answer; then, if
// asked for, once with each planted fault.
#pragma once

#include <vector>

#include "bench/flags.h"
#include "bench/rows.h"

namespace tare::bench {

// Counts `rows` one after the other and prints them. What `flags` ask for beside that, rows with
// planted faults and sites, becomes comments. Returns whether a row ended in an error.
bool CountRows(const std::vector<Row>& rows, const Flags& flags);

}  // namespace tare::bench
