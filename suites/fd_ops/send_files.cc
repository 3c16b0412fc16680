// SPDX-License-Identifier: Apache-2.0
// The file of the scenario that sends files: in memory, so that no disk is weighed.
#include "suites/fd_ops/send_files.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tare::suites {
namespace {

std::byte ByteAt(size_t place) {
  return static_cast<std::byte>((place * 0x9e3779b97f4a7c15u) >> 56);
}

}  // namespace

SentFile::SentFile(size_t size) : size_(size) {
  handle_ = memfd_create("tare", MFD_CLOEXEC);
  if (handle_ < 0) {
    wrong_ = std::string("no file in memory: ") + std::strerror(errno);
    return;
  }
  std::vector<std::byte> bytes(size);
  for (size_t place = 0; place < size; ++place) bytes[place] = ByteAt(place);
  for (size_t place = 0; place < size;) {
    const ssize_t n =
        pwrite(handle_, bytes.data() + place, size - place, static_cast<off_t>(place));
    if (n < 0) {
      wrong_ = std::string("the file cannot be written: ") + std::strerror(errno);
      return;
    }
    place += static_cast<size_t>(n);
  }
}

SentFile::~SentFile() {
  if (handle_ >= 0) (void)io::CloseHandle(handle_);
}

std::string SentFile::Differs(const std::vector<std::byte>& bytes) const {
  if (bytes.size() != size_) return "wrong answer: " + std::to_string(bytes.size()) + " bytes";
  for (size_t place = 0; place < size_; ++place) {
    if (bytes[place] != ByteAt(place)) {
      return "wrong answer: another byte than the file's at " + std::to_string(place);
    }
  }
  return "";
}

}  // namespace tare::suites
