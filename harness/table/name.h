// SPDX-License-Identifier: Apache-2.0
// The parts of a benchmark's name: "Echo/size=64/plain-8" is Echo, /size=64, /plain and -8.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tare::table {

struct NameParts {
  absl::string_view base;
  // Each with the '/' it begins with; the last may be "-8", of which the digits are gomaxprocs.
  std::vector<absl::string_view> rest;
};

// Views into `name`.
NameParts SplitName(absl::string_view name);

// The value of the key "/size" (or "/gomaxprocs", which "-8" at the end gives too); empty if the
// name has none.
absl::string_view NameValue(absl::string_view name, absl::string_view key);

// The name without the parts of these keys; a key ".name" makes its base "*".
std::string NameWithout(absl::string_view name, const std::vector<std::string>& keys);

}  // namespace tare::table
