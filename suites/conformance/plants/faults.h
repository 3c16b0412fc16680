// SPDX-License-Identifier: Apache-2.0
// The faults that are planted to see the rows fail: at least one for each row.
#pragma once

#include <memory>
#include <span>

#include "suites/conformance/conn.h"

namespace tare::conformance {

struct Fault {
  const char* name;
  const char* row;   // that must catch it
  const char* sign;  // part of what that row must say
  std::unique_ptr<Subject> (*plant)(std::unique_ptr<Subject> sound);
};

// In subjects, to be seen by rows.
std::span<const Fault> Faults();
// Of whole programs, to be seen by the kit whatever the row: they crash, hang, leave.
std::span<const Fault> ProgramFaults();

}  // namespace tare::conformance
