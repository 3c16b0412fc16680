// SPDX-License-Identifier: Apache-2.0
// What a run of a benchmark leaves behind in its process: open descriptors and living blocks.
#pragma once

#include <cstdint>
#include <string_view>

namespace tare::bench {

inline constexpr char kDescriptorsLeft[] = "fds-left";
inline constexpr char kBytesLeft[] = "live-B";
inline constexpr char kPeakBytes[] = "peak-live-B";  // of a run too, while it lasts: --tare_peak

struct Holdings {
  int64_t descriptors = 0;
  int64_t bytes = 0;  // usable bytes of living blocks

  // What is held now, in the whole process. Allocates and opens while it looks, and leaves neither.
  static Holdings Now();

  Holdings operator-(const Holdings& before) const {
    return {descriptors - before.descriptors, bytes - before.bytes};
  }
};

// Why there is no kDescriptorsLeft or kBytesLeft; empty if there is.
std::string_view WhyNoDescriptors();
std::string_view WhyNoBytes();

}  // namespace tare::bench
