// SPDX-License-Identifier: Apache-2.0
// The command line of a conform_<subject> program.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "suites/conformance/conn.h"

namespace tare::conformance {

enum ExitCode : int {
  kAllWell = 0,
  kRowFailed = 1,
  kUsage = 2,
  kEmpty = 4,
  kFault = 5,
};

struct Options {
  std::string backend;
  std::vector<std::string> rows;  // none: all
  std::string json;               // "": none is written
  uint64_t seed = 1;
  double scale = 1;
  double timeout = 30;  // seconds, before scaling
  bool list_json = false;
  bool help = false;
  bool trial = false;  // started by the kit itself for one row

  // How long a row may take.
  Duration Limit() const {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(timeout * scale));
  }
};

// Fills in `options`; what is wrong with the command line or the environment, else "".
std::string Parse(int argc, char** argv, Options* options);

std::string Help(const Program& program);

}  // namespace tare::conformance
