// SPDX-License-Identifier: Apache-2.0
// to_chars with Go's choice of notation; escapes of Go's string literals.
#include "table/go_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "result/text_field.h"

namespace tare::table {
namespace {

// Widest: 1.8e308 with 10 decimals.
constexpr size_t kLongest = 400;

constexpr char kEscapes[] = "a\ab\bf\fn\nr\rt\tv\v\\\\\"\"";  // letter, what it stands for

bool AppendUtf8(uint32_t c, std::string* out) {
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return false;
  if (c < 0x80) {
    *out += static_cast<char>(c);
    return true;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr uint32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  *out += static_cast<char>(kLead[more] | c >> (6 * more));
  for (int i = more - 1; i >= 0; --i) *out += static_cast<char>(0x80 | (c >> (6 * i) & 0x3F));
  return true;
}

// The escape behind a backslash at the front of `text`, which loses it.
bool TakeEscape(absl::string_view* text, std::string* out) {
  if (text->empty()) return false;
  const char letter = (*text)[0];
  for (size_t i = 0; kEscapes[i] != 0; i += 2) {
    if (kEscapes[i] != letter) continue;
    *out += kEscapes[i + 1];
    text->remove_prefix(1);
    return true;
  }
  const bool octal = letter >= '0' && letter <= '7';
  const size_t digits = octal ? 3 : letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (digits == 0) return false;
  if (!octal) text->remove_prefix(1);
  uint32_t value = 0;
  const char* end = text->data() + digits;
  if (text->size() < digits ||
      std::from_chars(text->data(), end, value, octal ? 8 : 16).ptr != end) {
    return false;
  }
  text->remove_prefix(digits);
  if (octal || letter == 'x') {
    *out += static_cast<char>(value);
    return value <= 0xFF;
  }
  return AppendUtf8(value, out);
}

}  // namespace

std::string GoFloat(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[kLongest];
  const auto scientific =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const absl::string_view text(buffer, static_cast<size_t>(scientific.ptr - buffer));
  int exponent = 0;
  const bool parsed = absl::SimpleAtoi(text.substr(text.find('e') + 1), &exponent);
  if (parsed && exponent >= -4 && exponent < 6) {
    const auto fixed =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
    return std::string(buffer, fixed.ptr);
  }
  return std::string(text);
}

std::string GoFixed(double value, int decimals, bool with_sign) {
  if (std::isnan(value)) return with_sign ? "+NaN" : "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[kLongest];
  const auto fixed =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals);
  const std::string text(buffer, fixed.ptr);
  return with_sign && text[0] != '-' ? "+" + text : text;
}

size_t CodePointSize(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const size_t size = byte(0) < 0xC2 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (byte(0) > 0xF4 || size > text.size()) return 1;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 1;
  }
  return size;
}

size_t CodePoints(absl::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(CodePointSize(text));
  return count;
}

size_t LeadingSpaceSize(absl::string_view text) {
  return result::LeadingSpace(std::string_view(text.data(), text.size()));
}

std::string QuoteGo(absl::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t size = CodePointSize(text);
    const auto byte = static_cast<uint8_t>(text[0]);
    size_t escape = 0;
    while (kEscapes[escape] != 0 && kEscapes[escape + 1] != text[0]) escape += 2;
    if (kEscapes[escape] != 0) {
      absl::StrAppend(&out, "\\", std::string(1, kEscapes[escape]));
    } else if (absl::ascii_iscntrl(byte) || (byte >= 0x80 && size == 1)) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else {
      absl::StrAppend(&out, text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out + "\"";
}

bool UnquoteGo(absl::string_view quoted, std::string* text) {
  if (quoted.size() < 2 || quoted[0] != '"' || quoted[quoted.size() - 1] != '"') return false;
  quoted = quoted.substr(1, quoted.size() - 2);
  text->clear();
  while (!quoted.empty()) {
    const char c = quoted[0];
    quoted.remove_prefix(1);
    if (c == '\n' || c == '"' || (c == '\\' && !TakeEscape(&quoted, text))) return false;
    if (c != '\\') *text += c;
  }
  return true;
}

void CsvLine::Add(absl::string_view field) {
  if (fields_++ > 0) line_ += ',';
  const bool quote = field == "\\." || field.find_first_of(",\"\r\n") != absl::string_view::npos ||
                     LeadingSpaceSize(field) > 0;
  if (!quote) {
    absl::StrAppend(&line_, field);
    return;
  }
  line_ += '"';
  for (const char c : field) line_ += c == '"' ? "\"\"" : std::string(1, c);
  line_ += '"';
}

void CsvLine::Flush(std::string* out) {
  absl::StrAppend(out, line_, "\n");
  fields_ = 0;
  line_.clear();
}

}  // namespace tare::table
