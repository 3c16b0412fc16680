// SPDX-License-Identifier: Apache-2.0
// Runs a planted program for a test and keeps what it printed.
#pragma once

#include <string>
#include <vector>

#include "result/read_text.h"

namespace tare::bench {

struct Finished {
  int exit_status = -1;  // -1: ended by a signal
  int signal = 0;
  std::string out;
  std::string err;
};

// Runs `program` with `args` and waits for it. Its standard output goes to the descriptor `out`
// where one is given, and is not kept then. Fails the test if it cannot be run.
Finished RunProgram(const std::string& program, const std::vector<std::string>& args, int out = -1);

// What `finished` printed, as results. Fails the test on every line that is none.
result::ResultFile ReadResults(const Finished& finished);

}  // namespace tare::bench
