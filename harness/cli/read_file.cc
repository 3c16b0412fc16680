// SPDX-License-Identifier: Apache-2.0
// Files by the standard library, with the system's reason where they cannot be read.
#include "cli/read_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "result/encoding.h"

namespace tare::cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (file == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  std::string text;
  char buffer[1 << 16];
  errno = 0;
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file.get())) > 0;)
    text.append(buffer, n);
  if (std::ferror(file.get()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  }
  return text;
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  auto text = ReadWholeFile(path);
  if (!text.ok()) return text;
  if (const std::string wrong = result::WrongEncoding(*text); !wrong.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ":1: ", wrong));
  }
  text->erase(0, result::ByteOrderMark(*text));
  return text;
}

absl::StatusOr<std::vector<std::string>> ResultFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (!fs::exists(path, error)) {
        return absl::NotFoundError(absl::StrCat("no file or directory of results: ", path));
      }
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      const std::string extension = it->path().extension().string();
      if (extension == ".txt" || extension == ".json") found.push_back(it->path().string());
    }
    if (error) {
      return absl::NotFoundError(absl::StrCat("cannot read ", path, ": ", error.message()));
    }
    if (found.empty()) {
      return absl::NotFoundError(absl::StrCat("no results (*.txt, *.json) in ", path));
    }
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

}  // namespace tare::cli
