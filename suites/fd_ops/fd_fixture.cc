// SPDX-License-Identifier: Apache-2.0
// The parts of fd_fixture.h that ask the system, and the small ones that need no template.
#include "suites/fd_ops/fd_fixture.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace tare::io::fd_ops {
namespace {

// "DL_05_" at the front of `name`, as "DL-05"; nothing if there is no id.
std::string TakeId(std::string_view& name) {
  const auto is = [&name](size_t i, auto&& kind) { return i < name.size() && kind(name[i]); };
  const auto upper = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const auto underscore = [](char c) { return c == '_'; };
  if (!is(0, upper) || !is(1, upper) || !is(2, underscore) || !is(3, digit)) return "";
  std::string id = std::string(name.substr(0, 2)) + "-";
  size_t at = 3;
  if (is(4, underscore)) {  // the seed's number
    id += std::string(1, name[3]) + ".";
    at = 5;
  }
  if (!is(at, digit) || !is(at + 1, digit) || !is(at + 2, underscore)) return "";
  id += name.substr(at, 2);
  name.remove_prefix(at + 3);
  return id;
}

}  // namespace

std::string Text(const Result& r) {
  return std::to_string(r.n) + " " + std::string(Name(r.err));
}

std::byte StreamByte(int64_t position) {
  const uint64_t mixed = static_cast<uint64_t>(position) * 0x9e3779b97f4a7c15u;
  return static_cast<std::byte>(mixed >> 56);
}

std::vector<std::byte> StreamBytes(int64_t from, size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::byte& b : bytes) b = StreamByte(from++);
  return bytes;
}

const std::vector<std::byte>& TooMuch() {
  static const std::vector<std::byte> bytes = StreamBytes(0, kTooMuch);
  return bytes;
}

bool IsStream(std::span<const std::byte> bytes, int64_t from) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [&from](std::byte b) { return b == StreamByte(from++); });
}

void ShrinkBuffers(const Pair& pair) {
  const int size = 128 << 10;  // less, and a full window costs the system 200 ms to reopen
  for (const Handle h : {pair.client, pair.server}) {
    (void)setsockopt(h, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(h, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
}

void SendRaw(Handle h, std::span<const std::byte> bytes) {
  EXPECT_EQ(send(h, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

AddressSpace::AddressSpace(size_t size) {
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at != MAP_FAILED) bytes_ = {static_cast<std::byte*>(at), size};
}

AddressSpace::~AddressSpace() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

MemoryFile::MemoryFile(std::span<const std::byte> bytes)
    : handle_(memfd_create("tare", MFD_CLOEXEC)) {
  Write(0, bytes);
}

MemoryFile::~MemoryFile() {
  (void)CloseHandle(handle_);
}

void MemoryFile::Write(uint64_t at, std::span<const std::byte> bytes) {
  EXPECT_EQ(pwrite(handle_, bytes.data(), bytes.size(), static_cast<off_t>(at)),
            static_cast<ssize_t>(bytes.size()));
}

void MemoryFile::Resize(uint64_t size) {
  EXPECT_EQ(ftruncate(handle_, static_cast<off_t>(size)), 0);
}

std::map<int, std::string> HandleTable() {
  std::map<int, std::string> table;
  DIR* list = opendir("/dev/fd");
  if (list == nullptr) {
    ADD_FAILURE() << "cannot list the open descriptors: /dev/fd";
    return table;
  }
  while (const dirent* entry = readdir(list)) {
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) == 0) continue;
    const int fd = std::atoi(entry->d_name);
    struct stat about;
    if (fd == dirfd(list) || fstat(fd, &about) != 0) continue;
    table[fd] = "device " + std::to_string(about.st_dev) + " inode " +
                std::to_string(about.st_ino) + " mode " + std::to_string(about.st_mode);
  }
  closedir(list);
  return table;
}

std::string RowsOf(std::string_view test_name) {
  std::string rows;
  for (std::string id = TakeId(test_name); !id.empty(); id = TakeId(test_name)) {
    rows += (rows.empty() ? "" : ",") + id;
  }
  return rows;
}

void NotApplicable(std::string_view reason) {
  std::printf("not applicable: %.*s\n", static_cast<int>(reason.size()), reason.data());
  testing::Test::RecordProperty("not_applicable", std::string(reason));
}

}  // namespace tare::io::fd_ops
