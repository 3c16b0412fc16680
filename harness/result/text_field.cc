// SPDX-License-Identifier: Apache-2.0
// Splitting of UTF-8 lines at Unicode white space.
#include "result/text_field.h"

#include <cstddef>
#include <cstdint>

namespace tare::result {
namespace {

struct CodePoint {
  char32_t value;
  size_t size;  // in bytes
};

constexpr char32_t kInvalid = 0xFFFD;

// The code point at the start of `text`, which is not empty. A byte that is not UTF-8 is taken
// alone, as kInvalid.
CodePoint Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const size_t size = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC2 ? 2 : 1;
  if (size == 1 || size > text.size()) return {kInvalid, 1};
  char32_t value = byte(0) & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {kInvalid, 1};
    value = value << 6 | (byte(i) & 0x3F);
  }
  return {value, size};
}

// Unicode's property White_Space.
bool IsSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool IsUpper(char32_t c) {
  return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) ||  // Latin-1
         (c >= 0x391 && c <= 0x3A9) || (c >= 0x400 && c <= 0x42F);           // Greek, Cyrillic
}

bool IsLower(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  // A byte-order mark in the middle of a text is no letter.
  return c >= 0xDF && c != 0xF7 && c != kInvalid && c != 0xFEFF && !IsUpper(c) && !IsSpace(c);
}

// Length in bytes of the white space that `text` starts with, or of what is none: `space` says.
size_t LeadingRun(std::string_view text, bool space) {
  size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte > 0x20 && byte < 0x80) {  // most of what is ever read
      if (space) break;
      ++i;
      continue;
    }
    const CodePoint c = Decode(text.substr(i));
    if (IsSpace(c.value) != space) break;
    i += c.size;
  }
  return i;
}

}  // namespace

size_t LeadingSpace(std::string_view text) {
  return LeadingRun(text, true);
}

std::string_view TakeField(std::string_view* line) {
  const std::string_view field = line->substr(0, LeadingRun(*line, false));
  line->remove_prefix(field.size());
  line->remove_prefix(LeadingSpace(*line));
  return field;
}

bool SplitKeyValue(std::string_view line, std::string_view* key, std::string_view* value) {
  size_t i = 0;
  while (i < line.size()) {
    const CodePoint c = Decode(line.substr(i));
    if (i == 0 ? !IsLower(c.value) : IsSpace(c.value) || IsUpper(c.value)) return false;
    if (i > 0 && c.value == ':') break;
    i += c.size;
  }
  if (i >= line.size()) return false;
  *key = line.substr(0, i);
  *value = line.substr(i + 1);
  if (value->empty()) return true;
  const size_t text = value->find_first_not_of(" \t");
  if (text == 0) return false;  // "a:b" is no key and value: web addresses, Go's file:line
  value->remove_prefix(text == std::string_view::npos ? value->size() : text);
  return true;
}

}  // namespace tare::result
