// SPDX-License-Identifier: Apache-2.0
// What a result has to be read with, as a value: for the caller to show, never printed from here.
#pragma once

#include <cstdint>
#include <string_view>

namespace tare::stat {

enum class Warning : uint8_t {
  kNone,
  kTooFew,       // a sample is empty, or samples of pairs differ in size
  kAllEqual,     // no value differs from any other: there is nothing to test
  kApproximate,  // the samples are too large to count: the normal approximation
  kUnstable,     // values that should be one differ
};

// For people: "all values are equal". Empty for kNone.
std::string_view ToString(Warning warning);

}  // namespace tare::stat
