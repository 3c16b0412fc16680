// SPDX-License-Identifier: Apache-2.0
// Escaping of control characters, so that a program's output cannot drive the terminal.
#include "cli/printable.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tare::cli {
namespace {

constexpr size_t kMaxBytes = 300;
constexpr size_t kLastLines = 5;

}  // namespace

std::string Printable(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  const bool cut = text.size() > kMaxBytes;
  if (cut) {
    size_t end = kMaxBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);  // before a whole character
  }
  std::string out;
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      absl::StrAppend(&out, "\\x", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      out += c;
    }
  }
  return cut ? out + "..." : out;
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", Printable(text), "'");
}

std::string LastWords(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n', absl::SkipWhitespace());
  std::string out;
  for (size_t i = lines.size() - std::min(lines.size(), kLastLines); i < lines.size(); ++i) {
    absl::StrAppend(&out, "    ", Printable(lines[i]), "\n");
  }
  return out;
}

}  // namespace tare::cli
