// SPDX-License-Identifier: Apache-2.0
// The files that the arguments of `tare compare` mean: directories opened, labels made one column.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "table/input.h"

namespace tare::cli {

struct CompareFiles {
  std::vector<table::InputFile> files;
  // A directory is among the arguments: each file is compared with its namesake, and has its name
  // without the extension as `suite`.
  bool by_suite = false;
};

// `arguments` are files, directories, label=path, or - for standard input. Of a directory the files
// of results in it, all under its label. Files of one label are one column. Errors: a directory
// without results; a file that a label has twice, for its values would count twice; a label that
// was given to one and is the path of another.
absl::StatusOr<CompareFiles> FilesToCompare(const std::vector<std::string>& arguments);

// How messages name the file: by its label, or by its path where several have the label.
std::string NameOf(const CompareFiles& files, size_t index);

// Whether a key in which files may differ matters to times only: exact counts are compared across
// them.
bool MattersToTimesOnly(absl::string_view key);

}  // namespace tare::cli
