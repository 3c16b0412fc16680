// SPDX-License-Identifier: Apache-2.0
// Scaled: bounds in time for the machine at hand.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace tare::suites {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr double kSanitizerScale = 5;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr double kSanitizerScale = 5;
#else
inline constexpr double kSanitizerScale = 1;
#endif
#else
inline constexpr double kSanitizerScale = 1;
#endif

inline double ReadTimeScale() {
  const char* text = std::getenv("TARE_TIME_SCALE");
  const double scale = text != nullptr ? std::atof(text) : 1;
  if (scale <= 0) {
    std::fprintf(stderr, "TARE_TIME_SCALE=%s: not a number above 0, so it counts as 1\n", text);
    return kSanitizerScale;
  }
  return scale * kSanitizerScale;
}

// A bound in time, in nanoseconds, stretched by TARE_TIME_SCALE (a number, 1 by default), and by 5
// under a sanitizer.
inline int64_t Scaled(int64_t nanos) {
  static const double scale = ReadTimeScale();
  return static_cast<int64_t>(static_cast<double>(nanos) * scale);
}

}  // namespace tare::suites
