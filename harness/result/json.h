// SPDX-License-Identifier: Apache-2.0
// A small reader of JSON that keeps numbers as they are spelled and knows the line of each value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tare::result {

struct JsonValue {
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  int64_t line = 0;  // from 1, where the value begins
  // Of a string its characters, in UTF-8; of a number or bool its spelling: an integer is read as
  // one, and loses nothing by a detour over a double.
  std::string text;
  std::vector<JsonValue> items;    // of an array, in order; of an object its members' values
  std::vector<std::string> names;  // of an object's members: names[i] is that of items[i]

  // The first member of this name, or null.
  const JsonValue* Find(std::string_view name) const;
  // The text of a string member; empty where there is none.
  std::string_view TextOf(std::string_view name) const;
};

struct JsonError {
  int64_t line = 0;  // 0: no error
  std::string what;
};

// Reads one value and nothing after it. NaN, Infinity and -Infinity, which JSON does not have and
// Google Benchmark writes, are numbers, also as "nan" and "inf"; between the members of "context"
// at the top, commas may be missing, as in files of Google Benchmark 1.5.4. Arrays and objects nest
// at most 64 deep.
JsonError ParseJson(std::string_view text, JsonValue* value);

}  // namespace tare::result
