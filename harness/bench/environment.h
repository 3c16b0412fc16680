// SPDX-License-Identifier: Apache-2.0
// What two files of results must share to be compared: the system, the compiler, the allocator.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tare::bench {

// os, arch, cpu, kernel, tcp, compiler, allocator, in this order; one that cannot be learned on
// this machine is left out. Values are single lines.
std::vector<std::pair<std::string, std::string>> Environment();

}  // namespace tare::bench
