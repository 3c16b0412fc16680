// SPDX-License-Identifier: Apache-2.0
// Names and defaults of rows.
#include "suites/support/row.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace tare::suites {
namespace {

constexpr std::string_view kOrder[] = {"size", "buf", "conns", "active", "threads"};

std::optional<int64_t> Default(const Row& row, std::string_view key) {
  if (key == "buf") return 4096;
  if (key == "conns" || key == "threads") return 1;
  if (key == "active") return row["conns"];
  return std::nullopt;
}

}  // namespace

Row Row::With(const std::vector<Param>& unnamed) const {
  Row row = *this;
  row.unnamed_ = unnamed;
  return row;
}

int64_t Row::operator[](std::string_view key) const {
  for (const Param& p : params_) {
    if (p.key == key) return p.value;
  }
  for (const Param& p : unnamed_) {
    if (p.key == key) return p.value;
  }
  if (const auto value = Default(*this, key)) return *value;
  std::fprintf(stderr, "a row without the parameter '%.*s', which has no default\n",
               static_cast<int>(key.size()), key.data());
  std::abort();
}

std::string Row::Name(std::string_view scenario, std::string_view variant, std::string_view backend,
                      std::string_view mode) const {
  std::string name(scenario);
  const auto add = [&name](std::string_view key, std::string_view value) {
    name.append("/").append(key).append("=").append(value);
  };
  add("variant", variant);
  if (!backend.empty()) add("backend", backend);
  if (!mode.empty()) add("mode", mode);
  const auto add_param = [&](const Param& p) {
    if (p.key != "threads" && Default(*this, p.key) != p.value) add(p.key, std::to_string(p.value));
  };
  for (std::string_view key : kOrder) {
    for (const Param& p : params_) {
      if (p.key == key) add_param(p);
    }
  }
  for (const Param& p : params_) {
    if (std::find(std::begin(kOrder), std::end(kOrder), p.key) == std::end(kOrder)) add_param(p);
  }
  return name;
}

}  // namespace tare::suites
