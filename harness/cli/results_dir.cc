// SPDX-License-Identifier: Apache-2.0
// mkdir -p, a trial file, and write + fsync + rename.
#include "cli/results_dir.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace tare::cli {
namespace {

std::string TemporaryBeside(const std::string& path) {
  return absl::StrCat(path, ".", getpid());
}

// All of `text`, on the disk. Returns false with errno set.
bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) text.remove_prefix(static_cast<size_t>(n));
  }
  return fsync(fd) == 0;
}

}  // namespace

absl::Status PrepareResultsDirectory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (!error) {
    const std::string trial = TemporaryBeside(directory + "/.tare");
    const int fd = open(trial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0) {
      close(fd);
      unlink(trial.c_str());
      return absl::OkStatus();
    }
    error = std::error_code(errno, std::generic_category());
  }
  return absl::PermissionDeniedError(absl::StrCat("cannot write results to ", directory, ": ",
                                                  error.message(), "; name another directory"));
}

absl::Status RefuseToOverwrite(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(path,
                   " holds the results of another run: name another directory, or give --force to "
                   "overwrite them"));
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view text) {
  const std::string temporary = TemporaryBeside(path);
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool written = fd >= 0 && WriteAll(fd, text);
  int code = errno;
  if (fd >= 0 && close(fd) != 0 && written) {
    written = false;
    code = errno;
  }
  if (written) {
    if (std::rename(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
    code = errno;
  }
  if (fd >= 0) unlink(temporary.c_str());
  return absl::ErrnoToStatus(code, absl::StrCat("cannot write ", path));
}

}  // namespace tare::cli
