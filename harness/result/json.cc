// SPDX-License-Identifier: Apache-2.0
// Recursive descent over the text, line by line counted.
#include "result/json.h"

#include <cstddef>

namespace tare::result {
namespace {

constexpr int kDeepest = 64;

void AppendUtf8(uint32_t code, std::string* out) {
  const auto put = [&](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  JsonError Parse(JsonValue* value) {
    if (ReadValue(value, 0)) {
      SkipSpace();
      if (at_ < text_.size()) Fail("something follows the value");
    }
    return error_;
  }

 private:
  bool Fail(std::string_view what) {
    if (error_.line == 0) error_ = {line_, std::string(what)};
    return false;
  }

  // Where the text may also be at its end: says so, for then it was cut off.
  bool FailAt(std::string_view expected) {
    return Fail(at_ >= text_.size() ? "the file ends in the middle of a value: it is truncated"
                                    : std::string(expected) + " expected");
  }

  void SkipSpace() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
    }
  }

  bool Take(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool TakeWord(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool ReadValue(JsonValue* value, int depth) {
    if (depth > kDeepest) return Fail("nested more than 64 deep");
    SkipSpace();
    value->line = line_;
    if (at_ >= text_.size()) return FailAt("a value");
    switch (text_[at_]) {
      case '{':
        return ReadObject(value, depth);
      case '[':
        return ReadArray(value, depth);
      case '"':
        value->kind = JsonValue::Kind::kString;
        return ReadString(&value->text);
      default:
        return ReadWordOrNumber(value);
    }
  }

  bool ReadObject(JsonValue* value, int depth) {
    value->kind = JsonValue::Kind::kObject;
    // Google Benchmark 1.5.4 and 1.5.5 write no comma before what a program adds to the context.
    const bool commas_may_lack = in_context_;
    in_context_ = false;
    ++at_;
    if (Take('}')) return true;
    while (true) {
      SkipSpace();
      if (at_ >= text_.size() || text_[at_] != '"') return FailAt("a name in quotes");
      if (!ReadString(&value->names.emplace_back())) return false;
      if (!Take(':')) return FailAt("':'");
      SkipSpace();
      in_context_ =
          depth == 0 && value->names.back() == "context" && at_ < text_.size() && text_[at_] == '{';
      if (!ReadValue(&value->items.emplace_back(), depth + 1)) return false;
      if (Take('}')) return true;
      if (Take(',')) continue;
      if (!commas_may_lack || at_ >= text_.size() || text_[at_] != '"') {
        return FailAt("',' or '}'");
      }
    }
  }

  bool ReadArray(JsonValue* value, int depth) {
    value->kind = JsonValue::Kind::kArray;
    ++at_;
    if (Take(']')) return true;
    while (true) {
      if (!ReadValue(&value->items.emplace_back(), depth + 1)) return false;
      if (Take(']')) return true;
      if (!Take(',')) return FailAt("',' or ']'");
    }
  }

  bool ReadWordOrNumber(JsonValue* value) {
    const size_t begin = at_;
    if (TakeWord("null")) return true;
    if (TakeWord("true") || TakeWord("false")) {
      value->kind = JsonValue::Kind::kBool;
    } else if (TakeNotFinite() || ReadNumber()) {
      value->kind = JsonValue::Kind::kNumber;
    } else {
      return FailAt("a value");
    }
    value->text = text_.substr(begin, at_ - begin);
    return true;
  }

  // As Google Benchmark writes it, and as printf and other writers of JSON do.
  bool TakeNotFinite() {
    for (const std::string_view word : {"NaN", "nan", "-NaN", "-nan", "Infinity", "infinity", "Inf",
                                        "inf", "-Infinity", "-infinity", "-Inf", "-inf"}) {
      if (TakeWord(word)) return true;
    }
    return false;
  }

  bool ReadDigits() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > begin;
  }

  bool ReadNumber() {
    TakeWord("-");
    if (!ReadDigits()) return false;
    if (TakeWord(".") && !ReadDigits()) return false;
    if (TakeWord("e") || TakeWord("E")) {
      if (!TakeWord("+")) TakeWord("-");
      return ReadDigits();
    }
    return true;
  }

  bool ReadHex(uint32_t* code) {
    *code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ >= text_.size()) return FailAt("a digit");
      const char c = text_[at_];
      const uint32_t digit = c >= '0' && c <= '9'   ? static_cast<uint32_t>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<uint32_t>(c - 'a' + 10)
                             : c >= 'A' && c <= 'F' ? static_cast<uint32_t>(c - 'A' + 10)
                                                    : 16;
      if (digit == 16) return FailAt("a hexadecimal digit");
      *code = *code << 4 | digit;
    }
    return true;
  }

  bool ReadEscape(std::string* out) {
    if (at_ >= text_.size()) return FailAt("an escape");
    const char c = text_[at_++];
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (const size_t i = kEscapes.find(c); i != std::string_view::npos) {
      out->push_back(kMeanings[i]);
      return true;
    }
    if (c != 'u') return Fail("an escape that JSON does not have");
    uint32_t code = 0;
    if (!ReadHex(&code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && TakeWord("\\u")) {
      uint32_t low = 0;
      if (!ReadHex(&low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return Fail("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code >= 0xD800 && code < 0xE000) return Fail("half of a surrogate pair");
    AppendUtf8(code, out);
    return true;
  }

  bool ReadString(std::string* out) {
    ++at_;  // the quote
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (c == '\\') {
        if (!ReadEscape(out)) return false;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        return Fail("a control character in a string");
      } else {
        out->push_back(c);
      }
    }
    return FailAt("'\"'");
  }

  std::string_view text_;
  size_t at_ = 0;
  int64_t line_ = 1;
  bool in_context_ = false;  // the object that comes next is the context of a file
  JsonError error_;
};

}  // namespace

const JsonValue* JsonValue::Find(std::string_view name) const {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return &items[i];
  }
  return nullptr;
}

std::string_view JsonValue::TextOf(std::string_view name) const {
  const JsonValue* member = Find(name);
  return member != nullptr && member->kind == Kind::kString ? std::string_view(member->text) : "";
}

JsonError ParseJson(std::string_view text, JsonValue* value) {
  *value = {};
  return Parser(text).Parse(value);
}

}  // namespace tare::result
