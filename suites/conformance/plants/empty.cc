// SPDX-License-Identifier: Apache-2.0
// The program conform_empty: a subject without a backend.
#include "suites/conformance/conn.h"

namespace tare::conformance {

Program TheProgram() {
  return {.subject = "empty", .backends = {}};
}

}  // namespace tare::conformance
