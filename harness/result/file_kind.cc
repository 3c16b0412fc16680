// SPDX-License-Identifier: Apache-2.0
// By the first bytes, or by the first line that says anything.
#include "result/file_kind.h"

#include <algorithm>
#include <iterator>

#include "result/encoding.h"
#include "result/text_field.h"

namespace tare::result {
namespace {

struct Magic {
  std::string_view bytes;
  const char* what;
};

using namespace std::string_view_literals;

constexpr Magic kMagic[] = {
    {"\x1F\x8B"sv, "compressed by gzip: unpack it first (gzip -d)"},
    {"\x28\xB5\x2F\xFD"sv, "compressed by zstd: unpack it first (zstd -d)"},
    {"\xFD"
     "7zXZ\0"sv,
     "compressed by xz: unpack it first (xz -d)"},
    {"BZh"sv, "compressed by bzip2: unpack it first (bzip2 -d)"},
    {"PK\x03\x04"sv, "a zip archive: unpack it first"},
    {"\x7F"
     "ELF"sv,
     "a program: run it, and give what it prints"},
};

// Google Benchmark prints it before a table, on standard error or where a log was kept.
bool IsGbenchContext(std::string_view line) {
  constexpr std::string_view kBeginnings[] = {
      "Running ", "Run on (", "CPU Caches:", "  L", "Load Average:", "***WARNING***"};
  const bool is_date = line.size() >= 19 && line[4] == '-' && line[7] == '-' && line[13] == ':';
  return is_date || std::any_of(std::begin(kBeginnings), std::end(kBeginnings),
                                [&](std::string_view b) { return line.starts_with(b); });
}

// "Benchmark     Time     CPU   Iterations", as the reporter for terminals has it.
bool IsGbenchTable(std::string_view line) {
  if (TakeField(&line) != "Benchmark") return false;
  return TakeField(&line) == "Time" && TakeField(&line) == "CPU";
}

// At least two commas and no blank: the names of columns.
bool IsCsvHeader(std::string_view line) {
  if (std::count(line.begin(), line.end(), ',') < 2) return false;
  return std::none_of(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; }) &&
         !line.starts_with('{') && !line.starts_with('[') && !line.starts_with('#') &&
         !line.starts_with("Benchmark");
}

}  // namespace

std::string NotResults(std::string_view beginning) {
  if (std::string wrong = WrongEncoding(beginning); !wrong.empty()) return wrong;
  beginning.remove_prefix(ByteOrderMark(beginning));
  for (const Magic& magic : kMagic) {
    if (beginning.starts_with(magic.bytes)) return magic.what;
  }
  if (beginning.empty()) return "the file is empty";
  if (beginning.find_first_not_of(" \t\r\n") == std::string_view::npos &&
      beginning.size() < kTellingBytes) {
    return "nothing but blank lines";
  }
  while (!beginning.empty()) {
    const size_t end = beginning.find('\n');
    std::string_view line = beginning.substr(0, end);
    beginning.remove_prefix(end == std::string_view::npos ? beginning.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool is_rule = !line.empty() && line.find_first_not_of('-') == std::string_view::npos;
    if (line.empty() || is_rule || IsGbenchContext(line)) continue;
    if (line.starts_with("name,iterations,real_time,")) {
      return "Google Benchmark's CSV, which says neither units nor context: write it with "
             "--benchmark_format=json, or --benchmark_out_format=json";
    }
    if (IsGbenchTable(line)) {
      return "Google Benchmark's table for people: write it with --benchmark_format=json, or "
             "--benchmark_out=FILE";
    }
    if (IsCsvHeader(line)) return "CSV, and no results: Go's benchmark format or JSON is read";
    return "";
  }
  return "";
}

}  // namespace tare::result
