// SPDX-License-Identifier: Apache-2.0
// Directories as ResultFiles opens them; equal files by the file system's word.
#include "cli/compare_files.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/printable.h"
#include "cli/read_file.h"

namespace tare::cli {
namespace {

namespace fs = std::filesystem;

bool IsDirectory(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool AreOneFile(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || fs::equivalent(a, b, error);
}

// "before/" is called "before".
std::string WithoutSlashes(std::string label) {
  while (label.size() > 1 && label.back() == '/') label.pop_back();
  return label;
}

// Whether two arguments may have the label that both have.
absl::Status CheckLabels(const std::vector<table::InputFile>& given) {
  for (size_t i = 0; i < given.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (given[i].label != given[j].label || (given[i].labelled && given[j].labelled)) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "two files are called ", Quoted(given[i].label), ": give each a label of its own"));
    }
  }
  return absl::OkStatus();
}

// Whether no label has a file twice, be it in a directory and beside it.
absl::Status CheckFiles(const std::vector<table::InputFile>& files) {
  for (size_t i = 0; i < files.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (files[i].label != files[j].label || !AreOneFile(files[i].path, files[j].path)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(files[i].path, " is given twice for the label ", Quoted(files[i].label),
                       ": its values would count twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CompareFiles> FilesToCompare(const std::vector<std::string>& arguments) {
  std::vector<table::InputFile> given = table::InputFiles(arguments);
  CompareFiles result;
  for (table::InputFile& file : given) {
    if (!IsDirectory(file.path)) continue;
    result.by_suite = true;
    if (!file.labelled) file.label = WithoutSlashes(file.label);
  }
  if (absl::Status status = CheckLabels(given); !status.ok()) return status;
  for (const table::InputFile& file : given) {
    std::vector<std::string> paths{file.path};
    if (IsDirectory(file.path)) {
      auto found = ResultFiles({file.path});
      if (!found.ok()) return found.status();
      paths = *std::move(found);
    }
    for (std::string& path : paths) {
      table::InputFile one = file;
      if (result.by_suite && path != "-") one.suite = fs::path(path).stem().string();
      one.path = std::move(path);
      result.files.push_back(std::move(one));
    }
  }
  if (absl::Status status = CheckFiles(result.files); !status.ok()) return status;
  return result;
}

std::string NameOf(const CompareFiles& files, size_t index) {
  const std::string& label = files.files[index].label;
  const auto shared = std::count_if(files.files.begin(), files.files.end(),
                                    [&](const auto& other) { return other.label == label; });
  return Quoted(shared > 1 ? files.files[index].path : label);
}

bool MattersToTimesOnly(absl::string_view key) {
  constexpr const char* kKeys[] = {"cpu",         "kernel",      "tcp",
                                   "host_name",   "num_cpus",    "cpu_scaling_enabled",
                                   "mhz_per_cpu", "aslr_enabled"};
  return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

}  // namespace tare::cli
