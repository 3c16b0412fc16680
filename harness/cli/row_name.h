// SPDX-License-Identifier: Apache-2.0
// The name of a row, taken apart: "Suite/Scenario/variant=/backend=/mode=/size=/...".
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tare::cli {

struct RowName {
  // Parts that name no answer but the question: suite, scenario and parameters (size, buf, conns,
  // active, threads, and what a suite adds). Rows with one question are compared with each other.
  std::string question;
  // Which answer it is; empty where the name does not say.
  std::string variant, backend, mode;
  // It runs several threads, which must not share one CPU.
  bool has_threads = false;

  explicit RowName(absl::string_view name);

  // Bare system calls know no backend: one floor serves all rows of its question.
  bool IsFloor() const { return variant == "floor" && backend.empty() && mode.empty(); }
  bool IsHandLoop() const { return variant == "hand_loop"; }
  // Whether `base`, a hand loop, is what this row is to be held against.
  bool HasHandLoop(const RowName& base) const {
    return base.IsHandLoop() && base.question == question && base.backend == backend &&
           base.mode == mode;
  }
};

}  // namespace tare::cli
