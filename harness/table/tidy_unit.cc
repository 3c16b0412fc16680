// SPDX-License-Identifier: Apache-2.0
// Takes a unit apart into its words; those behind a '/' are the denominator, up to the next '*'.
#include "table/tidy_unit.h"

namespace tare::table {
namespace {

// Calls back for each word, with whether it is in the denominator, and for each separator.
template <class OnWord, class OnSeparator>
void ForEachWord(absl::string_view unit, OnWord on_word, OnSeparator on_separator) {
  bool denominator = false;
  while (true) {
    const size_t end = unit.find_first_of("*/- ");
    on_word(unit.substr(0, end), denominator);
    if (end == absl::string_view::npos) return;
    if (unit[end] == '/') denominator = true;
    if (unit[end] == '*') denominator = false;
    on_separator(unit[end]);
    unit.remove_prefix(end + 1);
  }
}

}  // namespace

TidyUnit Tidy(absl::string_view unit) {
  // The two that all files have; the general way rounds their factors alike.
  if (unit == "ns/op") return {"sec/op", 1e-9};
  if (unit == "MB/s") return {"B/s", 1e6};
  TidyUnit tidy;
  ForEachWord(
      unit,
      [&](absl::string_view word, bool denominator) {
        if (!denominator && word == "ns") {
          tidy.factor /= 1e9;
          word = "sec";
        } else if (!denominator && word == "MB") {
          tidy.factor *= 1e6;
          word = "B";
        }
        tidy.unit.append(word.data(), word.size());
      },
      [&](char separator) { tidy.unit += separator; });
  return tidy;
}

bool IsBinary(absl::string_view unit) {
  bool binary = false;
  ForEachWord(
      unit,
      [&](absl::string_view word, bool denominator) {
        binary = binary || (!denominator && (word == "B" || word == "MB" || word == "bytes"));
      },
      [](char) {});
  return binary;
}

}  // namespace tare::table
