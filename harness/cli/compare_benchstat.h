// SPDX-License-Identifier: Apache-2.0
// tare compare --compat=benchstat: what benchstat prints for these arguments, byte for byte.
#pragma once

#include <string>
#include <vector>

namespace tare::cli {

// Whether the arguments of `tare` ask for it: "compare" and "--compat=benchstat" come first. Its
// flags have Go's form (`-col /size`), which no other command's have.
bool AsksForBenchstat(int argc, const char* const* argv);

// benchstat's own arguments. Prints to standard output and standard error, and returns its exit
// status: 0 also where a file cannot be read or a filter not parsed, 2 for an unknown flag or no
// file; and kFault, unlike the original, where standard output cannot be written.
int CompareAsBenchstat(const std::vector<std::string>& arguments);

}  // namespace tare::cli
