// SPDX-License-Identifier: Apache-2.0
// RunChild, by popen.

#include "count/child.h"

#include <stdio.h>
#include <sys/wait.h>

namespace tare::count {

ChildEnd RunChild(const std::string& command) {
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
