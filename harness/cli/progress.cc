// SPDX-License-Identifier: Apache-2.0
// Carriage returns and erase-to-end on a terminal; the time left is what the steps so far took.
#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/terminal.h"

namespace tare::cli {
namespace {

void Print(absl::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

Progress::Progress(int steps, bool terminal)
    : start_(std::chrono::steady_clock::now()), steps_(steps), terminal_(terminal) {}

Progress::~Progress() {
  Erase();
}

void Progress::Milestone(absl::string_view text) {
  milestone_ = std::string(text);
  if (terminal_) return;
  const std::string left = TimeLeft();
  Print(absl::StrCat(milestone_, left.empty() ? "" : ", ", left, "\n"));
}

void Progress::Step(absl::string_view row) {
  if (!terminal_) return;
  const std::string left = TimeLeft();
  std::string line = absl::StrFormat("[%3d %%] %s%s%s  %s", done_ * 100 / std::max(steps_, 1),
                                     milestone_, left.empty() ? "" : ", ", left, row);
  // A line that wraps could not be rewritten. Names are ASCII but for what a stranger registers.
  const size_t told = TerminalWidth(STDERR_FILENO), width = told > 0 ? told : 80;
  if (line.size() >= width) line.resize(width - 1);
  Print(absl::StrCat("\r\x1b[K", line));
  line_is_dirty_ = true;
}

void Progress::Done(int count) {
  done_ += count;
}

void Progress::Say(absl::string_view text) {
  Erase();
  Print(text);
}

std::string Progress::TimeLeft() const {
  if (done_ == 0) return "";
  const auto spent = std::chrono::steady_clock::now() - start_;
  const auto left = std::chrono::ceil<std::chrono::seconds>(spent / done_ * (steps_ - done_));
  const int64_t seconds = left.count();
  return absl::StrFormat("%d:%02d left", seconds / 60, seconds % 60);
}

void Progress::Erase() {
  if (line_is_dirty_) Print("\r\x1b[K");
  line_is_dirty_ = false;
}

}  // namespace tare::cli
