// SPDX-License-Identifier: Apache-2.0
// The directory of results: made and tried before measuring, written to atomically.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tare::cli {

// Makes `directory` (and those above it) and proves that a file can be made in it.
absl::Status PrepareResultsDirectory(const std::string& directory);

// An error if there is a file `path`, for what it holds would be lost.
absl::Status RefuseToOverwrite(const std::string& path);

// Writes `text` to a file of its own and renames that to `path`: a reader sees the old file or the
// whole new one, also after a crash.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view text);

}  // namespace tare::cli
