// SPDX-License-Identifier: Apache-2.0
// Test support: runs a child program to its end and returns what it printed and how it ended.
#pragma once

#include <stdio.h>
#include <sys/wait.h>

#include <string>

namespace tare::count {

struct ChildEnd {
  int status = -1;  // exit status; 128 + signal; -1: it could not be started
  std::string output;
};

inline ChildEnd RunChild(const std::string& command) {
  ChildEnd end;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return end;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) end.output.append(buffer, n);
  const int status = pclose(pipe);
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

}  // namespace tare::count
