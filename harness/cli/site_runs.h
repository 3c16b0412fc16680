// SPDX-License-Identifier: Apache-2.0
// Runs one benchmark once more, for where it allocates.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/bench_program.h"
#include "cli/interrupt.h"
#include "explain/sites.h"

namespace tare::cli {

// Counts `row` of `program` with its sites, over `iterations` if that is not 0: one run, or the two
// that differed of a row that is not stable. Errors: kUnavailable where sites cannot be recorded
// here, with the reason; kInternal where the program died, hung or printed rubbish; kNotFound where
// the row is absent.
absl::StatusOr<std::vector<explain::SiteRun>> RunForSites(const BenchProgram& program,
                                                          const ListedRow& row, int64_t iterations,
                                                          std::chrono::milliseconds timeout,
                                                          const Interrupt* interrupt);

}  // namespace tare::cli
