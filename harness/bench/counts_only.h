// SPDX-License-Identifier: Apache-2.0
// --counts-only: each row over a fixed number of iterations, twice, with the same answer.
#pragma once

#include <vector>

#include "bench/rows.h"

namespace tare::bench {

// Counts `rows` one after the other and prints them. Returns whether one ended in an error.
bool CountRows(const std::vector<Row>& rows);

}  // namespace tare::bench
