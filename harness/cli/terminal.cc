// SPDX-License-Identifier: Apache-2.0
// isatty, TIOCGWINSZ, and what the environment asks for.
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tare::cli {
namespace {

std::string_view Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool MayColour(int descriptor) {
  return MayRewriteLines(descriptor) && Environment("NO_COLOR").empty();
}

bool MayRewriteLines(int descriptor) {
  return isatty(descriptor) != 0 && Environment("TERM") != "dumb";
}

size_t TerminalWidth(int descriptor) {
  if (isatty(descriptor) == 0) return 0;
  winsize size = {};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace tare::cli
