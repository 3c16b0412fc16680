// SPDX-License-Identifier: Apache-2.0
// --counts-only: each row over a fixed number of iterations, twice, with the same answer; then, if
// asked for, once with each planted fault.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/plant.h"
#include "bench/rows.h"

namespace tare::bench {

// Counts `rows` one after the other and prints them; over `iterations` of all threads together, if
// that is not 0. What is counted with each of `plants` becomes a comment. Returns whether a row
// ended in an error.
bool CountRows(const std::vector<Row>& rows, int64_t iterations, const std::vector<Plant>& plants);

}  // namespace tare::bench
