// SPDX-License-Identifier: Apache-2.0
// Standard output, where a lost line is an error.
#pragma once

#include <string_view>

namespace tare::bench {

// Writes `lines` and flushes them. If that fails, says why on standard error and ends the program
// with exit status 1: what is measured afterwards would be lost as well.
void WriteResults(std::string_view lines);

// The same check for what others have written to std::cout or stdout.
void CheckResultsWritten();

}  // namespace tare::bench
