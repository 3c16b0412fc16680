// SPDX-License-Identifier: Apache-2.0
// What must hold for every input, in words, or the fuzzer stops.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tare::fuzz {

inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

}  // namespace tare::fuzz
