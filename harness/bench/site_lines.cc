// SPDX-License-Identifier: Apache-2.0
// Writes addresses as they are in this process, and where its modules lie.
#include "bench/site_lines.h"

#include <dirent.h>
#include <link.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

#include "count/descriptors.h"
#include "count/sites.h"
#include "result/write_text.h"
#include "tare/sites.h"

namespace tare::bench {
namespace {

std::string Hex(uint64_t value) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return "0x" + std::string(digits.data(), end);
}

std::string TargetOf(const std::string& link) {
  std::string path(4096, '\0');
  const ssize_t length = readlink(link.c_str(), path.data(), path.size());
  path.resize(length > 0 ? static_cast<size_t>(length) : 0);
  return path;
}

void AppendFrames(const void* const* frames, size_t depth, std::string* line) {
  for (size_t i = 0; i < depth; ++i) {
    *line += " " + Hex(reinterpret_cast<uint64_t>(frames[i]));
  }
}

// Calls `take` with the number of each descriptor that is open, but for the one it looks through.
template <class Take>
void ForEachDescriptor(Take take) {
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == nullptr) return;
  while (const dirent* const entry = readdir(directory)) {
    int number = 0;
    const char* const end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, number).ptr == end && number != dirfd(directory)) {
      take(number);
    }
  }
  closedir(directory);
}

// "socket:[4711]", "/tmp/a_file": one word.
std::string WhatIs(int descriptor) {
  std::string what = TargetOf("/proc/self/fd/" + std::to_string(descriptor));
  for (char& c : what) {
    if (c <= ' ' || c == 0x7f) c = '_';
  }
  return what.empty() ? "unknown" : what;
}

}  // namespace

void AppendModules(std::string* out) {
  const auto append = [](dl_phdr_info* info, size_t, void* context) {
    std::string path = info->dlpi_name;
    if (path.empty()) path = TargetOf("/proc/self/exe");  // the program itself
    result::AppendComment("module " + Hex(info->dlpi_addr) + " " + path,
                          static_cast<std::string*>(context));
    return 0;
  };
  dl_iterate_phdr(append, out);
}

void AppendSites(std::string_view name, int run, const CountedTotals& totals, std::string* out) {
  const std::string number = std::to_string(run) + " ";
  result::AppendComment("sites " + std::string(name) + ": " + number +
                            std::to_string(totals.operations) + " " +
                            std::to_string(totals.allocs) + " " + std::to_string(totals.bytes) +
                            " " + std::to_string(LostSites()),
                        out);
  ForEachSite([&](const Site& site) {
    std::string line = "site " + std::string(name) + ": " + number + std::to_string(site.allocs) +
                       " " + std::to_string(site.bytes_requested);
    AppendFrames(site.frames, site.depth, &line);
    result::AppendComment(line, out);
  });
}

void HeldWatch::Start() {
  open_before_.reset();
  ForEachDescriptor([&](int number) {
    if (static_cast<size_t>(number) < kDescriptors) open_before_.set(static_cast<size_t>(number));
  });
  count::WatchDescriptors(true);
  count::WatchHeld(true);
}

void HeldWatch::Stop() {
  count::WatchHeld(false);
  count::WatchDescriptors(false);
}

void HeldWatch::Append(std::string_view name, const Holdings& left, std::string* out) const {
  const count::HeldBlocks held = count::HeldSoFar();
  const std::string whose = " " + std::string(name) + ": ";
  result::AppendComment("held" + whose + std::to_string(left.bytes) + " " +
                            std::to_string(left.descriptors) + " " +
                            std::to_string(held.older_freed) + " " + std::to_string(held.lost),
                        out);
  ForEachSite([&](const Site& site) {
    std::string line =
        "block" + whose + std::to_string(site.allocs) + " " + std::to_string(site.bytes_requested);
    AppendFrames(site.frames, site.depth, &line);
    result::AppendComment(line, out);
  });
  ForEachDescriptor([&](int number) {
    const count::Opening opening = count::OpeningOf(number);
    const bool is_old =
        static_cast<size_t>(number) < kDescriptors && open_before_[static_cast<size_t>(number)];
    if (is_old && opening.frames == nullptr) return;
    std::string line = "descriptor" + whose + std::to_string(number) + " " + WhatIs(number);
    AppendFrames(opening.frames, opening.depth, &line);
    result::AppendComment(line, out);
  });
}

}  // namespace tare::bench
