// SPDX-License-Identifier: Apache-2.0
// Writes addresses as they are in this process, and where its modules lie.
#include "bench/site_lines.h"

#include <link.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "result/write_text.h"
#include "tare/sites.h"

namespace tare::bench {
namespace {

std::string Hex(uint64_t value) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return "0x" + std::string(digits.data(), end);
}

std::string OwnPath() {
  std::string path(4096, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(length > 0 ? static_cast<size_t>(length) : 0);
  return path;
}

}  // namespace

void AppendModules(std::string* out) {
  const auto append = [](dl_phdr_info* info, size_t, void* context) {
    std::string path = info->dlpi_name;
    if (path.empty()) path = OwnPath();  // the program itself
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
    for (size_t i = 0; i < site.depth; ++i) {
      line += " " + Hex(reinterpret_cast<uint64_t>(site.frames[i]));
    }
    result::AppendComment(line, out);
  });
}

}  // namespace tare::bench
