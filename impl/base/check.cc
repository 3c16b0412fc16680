// SPDX-License-Identifier: Apache-2.0
// How a failed TARE_CHECK ends the process.
#include "impl/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tare::io {

void CheckFailed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace tare::io
