// SPDX-License-Identifier: Apache-2.0
// Cutting at slashes, and the digits behind the last hyphen.
#include "table/name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tare::table {
namespace {

constexpr char kGoMaxProcs[] = "/gomaxprocs";

// Where the "-8" at the end begins, or the end.
size_t EndOfParts(absl::string_view name) {
  size_t digits = name.size();
  while (digits > 0 && absl::ascii_isdigit(static_cast<unsigned char>(name[digits - 1]))) --digits;
  return digits < name.size() && digits > 0 && name[digits - 1] == '-' ? digits - 1 : name.size();
}

bool IsPartOf(absl::string_view part, absl::string_view key) {
  return absl::ConsumePrefix(&part, key) && absl::StartsWith(part, "=");
}

}  // namespace

NameParts SplitName(absl::string_view name) {
  const size_t end = EndOfParts(name);
  absl::string_view body = name.substr(0, end);
  NameParts parts;
  parts.base = body.substr(0, body.find('/'));
  body.remove_prefix(parts.base.size());
  while (!body.empty()) {
    const size_t next = body.find('/', 1);
    parts.rest.push_back(body.substr(0, next));
    body.remove_prefix(parts.rest.back().size());
  }
  if (end < name.size()) parts.rest.push_back(name.substr(end));
  return parts;
}

absl::string_view NameValue(absl::string_view name, absl::string_view key) {
  const NameParts parts = SplitName(name);
  if (key == kGoMaxProcs && !parts.rest.empty() && parts.rest.back()[0] == '-') {
    return parts.rest.back().substr(1);
  }
  for (const absl::string_view part : parts.rest) {
    if (IsPartOf(part, key)) return part.substr(key.size() + 1);
  }
  return "";
}

std::string NameWithout(absl::string_view name, const std::vector<std::string>& keys) {
  const NameParts parts = SplitName(name);
  const auto named = [&](absl::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  std::string out(named(".name") ? "*" : parts.base);
  for (const absl::string_view part : parts.rest) {
    const bool cut = std::any_of(keys.begin(), keys.end(),
                                 [&](const std::string& key) { return IsPartOf(part, key); }) ||
                     (part[0] == '-' && named(kGoMaxProcs));
    if (!cut) absl::StrAppend(&out, part);
  }
  return out;
}

}  // namespace tare::table
