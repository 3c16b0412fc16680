// SPDX-License-Identifier: Apache-2.0
// Reads whole files, and finds the files of results that a path means.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tare::cli {

// All bytes of the file. Errors name it: kNotFound if there is none, otherwise why not.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

// The text of a file for people to edit, such as budgets: without a byte-order mark. Errors are
// those above, and kInvalidArgument "<path>:1: ..." where it is UTF-16.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// Each path that is a file; of each directory the *.txt and *.json in it, by name. An error where a
// path is neither, or a directory holds none.
absl::StatusOr<std::vector<std::string>> ResultFiles(const std::vector<std::string>& paths);

}  // namespace tare::cli
