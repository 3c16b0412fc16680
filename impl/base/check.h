// SPDX-License-Identifier: Apache-2.0
// TARE_CHECK: ends the process, loudly, on an error of the programmer.
#pragma once

namespace tare::io {

// Prints the condition and its place to standard error and aborts. Allocates nothing.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line) noexcept;

}  // namespace tare::io

// Always on, in release builds too: what it guards is a broken contract, never bad input.
#define TARE_CHECK(condition) \
  ((condition) ? (void)0 : ::tare::io::CheckFailed(#condition, __FILE__, __LINE__))
