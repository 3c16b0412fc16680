// SPDX-License-Identifier: Apache-2.0
// Makes sure that a scenario with many connections may open that many descriptors.
#pragma once

#include <cstddef>
#include <string>

namespace tare::suites {

// Raises the soft limit to the hard one if `wanted` more descriptors need it. "" if they will fit,
// else what to do.
std::string EnsureDescriptors(size_t wanted);

}  // namespace tare::suites
