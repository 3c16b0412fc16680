// SPDX-License-Identifier: Apache-2.0
// Takes names apart at their slashes, and counts those that are equal.
#include "result/row_names.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include "result/number.h"
#include "result/text_field.h"

namespace tare::result {
namespace {

bool IsInteger(std::string_view text) {
  int64_t ignored = 0;
  return ParseInt64(text, &ignored) == NumberError::kNone;
}

// Whether the part of a name, which is not its first, says how the benchmark is run.
bool SaysHowItIsRun(std::string_view part) {
  if (part == "process_time" || part == "real_time" || part == "manual_time") return true;
  constexpr std::array<std::string_view, 4> kKeys = {
      "iterations:", "min_time:", "min_warmup_time:", "repeats:"};
  for (const std::string_view key : kKeys) {
    double ignored = 0;
    if (part.starts_with(key)) {
      return ParseDouble(part.substr(key.size()), &ignored) == NumberError::kNone;
    }
  }
  return false;
}

// Calls back for each part of `name`, with whether it is the first and whether it is the last.
template <class OnPart>
void ForEachPart(std::string_view name, OnPart on_part) {
  for (bool first = true;; first = false) {
    const size_t slash = name.find('/');
    on_part(name.substr(0, slash), first, slash == std::string_view::npos);
    if (slash == std::string_view::npos) return;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string OneWord(std::string_view text) {
  std::string word;
  while (true) {
    const std::string_view field = TakeField(&text);
    word += field;
    if (text.empty()) return word;
    word += '_';
  }
}

std::string RowNameOfGbench(std::string_view name) {
  std::string row_name;
  ForEachPart(name, [&](std::string_view part, bool first, bool last) {
    if (first) {
      row_name += part;
      return;
    }
    if (last && part == "threads:1") return;
    row_name += '/';
    // An argument's value is an integer, so that a name's own colons do no harm.
    const size_t colon = part.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || SaysHowItIsRun(part) ||
        !IsInteger(part.substr(colon + 1))) {
      row_name += part;
    } else {
      row_name.append(part.substr(0, colon)).append("=").append(part.substr(colon + 1));
    }
  });
  return OneWord(row_name);
}

std::string FormerRowName(std::string_view name) {
  std::string former;
  ForEachPart(name, [&](std::string_view part, bool first, bool) {
    if (!first && SaysHowItIsRun(part)) return;
    if (!first) former += '/';
    former += part;
  });
  return former;
}

std::string UniqueNames::Give(const std::string& name) {
  std::string unique = name;
  while (true) {
    const int before = given_[name]++;
    if (before > 0) {
      char suffix[16];
      std::snprintf(suffix, sizeof suffix, "#%02d", before);
      unique = name + suffix;
      if (given_.contains(unique)) continue;
      given_[unique] = 1;
    }
    return unique;
  }
}

}  // namespace tare::result
