// SPDX-License-Identifier: Apache-2.0
// Test support: runs a child program to its end and returns what it printed and how it ended.
#pragma once

#include <string>

namespace tare::count {

struct ChildEnd {
  int status = -1;  // exit status; 128 + signal; -1: it could not be started
  std::string output;
};

// Runs a shell command.
ChildEnd RunChild(const std::string& command);

}  // namespace tare::count
