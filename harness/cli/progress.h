// SPDX-License-Identifier: Apache-2.0
// How far a run is, on standard error: one line rewritten on a terminal, else milestones.
#pragma once

#include <chrono>
#include <string>

#include "absl/strings/string_view.h"

namespace tare::cli {

class Progress {
 public:
  // `steps` are the processes to be run in all; `terminal` is whether standard error is one.
  Progress(int steps, bool terminal);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A part begins, such as "fd_ops: round 2 of 9".
  void Milestone(absl::string_view text);
  // A step begins; `row` is what it measures.
  void Step(absl::string_view row);
  // `count` steps are over, or will not be taken.
  void Done(int count);
  // A message that must not be lost under the rewritten line: whole lines.
  void Say(absl::string_view text);

 private:
  std::string TimeLeft() const;  // "" while there is nothing to go by
  void Erase();

  const std::chrono::steady_clock::time_point start_;
  const int steps_;
  const bool terminal_;
  int done_ = 0;
  std::string milestone_;
  bool line_is_dirty_ = false;
};

}  // namespace tare::cli
