// SPDX-License-Identifier: Apache-2.0
// The ends of a transfer and the look at what has arrived, apart from what is timed.
#include "suites/splice_write_to/moves.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

#include "impl/base/errc.h"
#include "impl/base/socket.h"
#include "tare/benchmem.h"

namespace tare::suites {
namespace {

namespace splice = io::splice_write_to;

constexpr char kDisk[] = "/var/tmp";

std::string CannotMake(const char* what) {
  return std::string("cannot make ") + what + ": " + std::strerror(errno);
}

std::string MakeFile(MovesTo to, io::Handle& file) {
  if (to == MovesTo::kMemory) {
    file = memfd_create("tare", MFD_CLOEXEC);
    return file < 0 ? CannotMake("a file in memory") : "";
  }
  struct statfs where;
  if (statfs(kDisk, &where) == 0 && where.f_type == TMPFS_MAGIC) {
    return std::string(kNotApplicable) + kDisk + " is in memory here";
  }
  file = open(kDisk, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return "";
  return std::string(kNotApplicable) + CannotMake("a file without a name in /var/tmp");
}

bool IsPattern(std::span<const std::byte> bytes, uint64_t at) {
  const std::span<const std::byte> pattern = splice::Pattern();
  while (!bytes.empty()) {
    const size_t place = at % splice::kPattern;
    const size_t n = std::min(bytes.size(), splice::kPattern - place);
    if (std::memcmp(bytes.data(), pattern.data() + place, n) != 0) return false;
    bytes = bytes.subspan(n);
    at += n;
  }
  return true;
}

std::string WrongSize(uint64_t is, uint64_t should) {
  return "wrong answer: " + std::to_string(is) + " bytes arrived of " + std::to_string(should);
}

constexpr char kOthers[] = "wrong answer: other bytes arrived than were sent";

}  // namespace

std::string MakeStage(MovesTo to, splice::Stage& stage) {
  stage = {};
  if (to != MovesTo::kSocket) {
    if (const std::string why = MakeFile(to, stage.file); !why.empty()) return why;
  }
  std::vector<io::Pair> pairs(to == MovesTo::kSocket ? 2 : 1);
  const io::Result made = io::TcpPairs(pairs);
  if (!made.ok()) {
    if (stage.file != io::kNoHandle) close(stage.file);
    return "cannot make the connections: " + std::string(io::Name(made.err));
  }
  stage.source = pairs[0];
  if (to == MovesTo::kSocket) stage.sink = pairs[1];
  return "";
}

std::string CompareFile(io::Handle file, uint64_t size) {
  struct stat status;
  if (fstat(file, &status) != 0) return CannotMake("sure of the file's size");
  if (static_cast<uint64_t>(status.st_size) != size) {
    return WrongSize(static_cast<uint64_t>(status.st_size), size);
  }
  std::vector<std::byte> bytes(std::min<uint64_t>(size, 1 << 20));
  for (uint64_t at = 0; at < size;) {
    const ssize_t n = pread(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n <= 0) return "the file cannot be read back";
    if (!IsPattern({bytes.data(), static_cast<size_t>(n)}, at)) return kOthers;
    at += static_cast<uint64_t>(n);
  }
  return "";
}

std::string CompareKept(const std::vector<std::byte>& kept, uint64_t size) {
  if (kept.size() != size) return WrongSize(kept.size(), size);
  return IsPattern(kept, 0) ? "" : kOthers;
}

std::string SayFailed(io::Result r) {
  std::string text = "a transfer failed: " + std::string(io::Name(r.err));
  if (r.os != 0) text.append(", code ").append(std::to_string(r.os));
  return text;
}

}  // namespace tare::suites
