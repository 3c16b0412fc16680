// SPDX-License-Identifier: Apache-2.0
// Rows: behaviours with an id, a promise in words and a check, grouped by theme.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "suites/conformance/conn.h"

namespace tare::conformance {

// How a row ends on a subject. Summaries are in this order.
enum class Outcome : uint8_t {
  kPass,
  kDeviation,          // fails as an Excuse says
  kNotApplicable,      // needs a part that the subject does not have
  kNotRun,             // not selected, or the backend is not there
  kFail,               // the promise is broken
  kTimeout,            // did not end; the detail says what was pending
  kBrokenEnvironment,  // the machine has no working sockets: nothing is known
};
inline constexpr std::array kOutcomes = {
    Outcome::kPass, Outcome::kDeviation, Outcome::kNotApplicable,    Outcome::kNotRun,
    Outcome::kFail, Outcome::kTimeout,   Outcome::kBrokenEnvironment};
std::string_view Name(Outcome outcome);  // "pass", "not applicable", ...

// `check` returns if the promise is kept; else it calls Fail (check.h), which does not return. It
// runs in a process of its own, once, and is judged for what it leaves behind (RS-02, RS-04).
struct Row {
  const char* id;
  const char* promise;
  void (*check)(Subject&);
  Part needs = Part::kNone;
};

struct Theme {
  const char* name;
  std::span<const Row> rows;
};

// One for each file in rows/.
extern const std::span<const Row> kIoRows;
extern const std::span<const Row> kEofRows;
extern const std::span<const Row> kDeadlineRows;
extern const std::span<const Row> kCloseRows;
extern const std::span<const Row> kCancelRows;
extern const std::span<const Row> kResourceRows;

// All of them, in the order of the catalogue.
std::span<const Theme> Themes();

}  // namespace tare::conformance
