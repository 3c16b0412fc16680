// SPDX-License-Identifier: Apache-2.0
// Writes to stdout and ends the program if it cannot.
#include "bench/output.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace tare::bench {
namespace {

[[noreturn]] void Fail(int error) {
  std::fprintf(stderr, "tare: cannot write the results to standard output: %s\n",
               error != 0 ? std::strerror(error) : "an earlier write failed");
  std::exit(1);
}

}  // namespace

void WriteResults(std::string_view lines) {
  errno = 0;
  if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size()) Fail(errno);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) Fail(errno);
}

void CheckResultsWritten() {
  errno = 0;
  if (!std::cout.flush()) Fail(errno);
  WriteResults("");
}

}  // namespace tare::bench
