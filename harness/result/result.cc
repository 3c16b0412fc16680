// SPDX-License-Identifier: Apache-2.0
// Lookup in rows and configurations; recovery of integer totals.
#include "result/result.h"

#include <algorithm>
#include <cmath>

namespace tare::result {

const double* Row::Find(std::string_view unit) const {
  for (const Value& v : values) {
    if (v.unit == unit) return &v.value;
  }
  return nullptr;
}

void Config::Set(std::string_view key, std::string_view value) {
  auto it = std::find_if(entries_.begin(), entries_.end(),
                         [&](const Entry& e) { return e.first == key; });
  if (value.empty()) {
    if (it != entries_.end()) entries_.erase(it);
  } else if (it != entries_.end()) {
    it->second = value;
  } else {
    entries_.emplace_back(key, value);
  }
}

const std::string* Config::Find(std::string_view key) const {
  for (const auto& [k, v] : entries_) {
    if (k == key) return &v;
  }
  return nullptr;
}

std::optional<int64_t> IntegerTotal(double per_op, int64_t iterations) {
  if (iterations <= 0) return std::nullopt;
  const double n = static_cast<double>(iterations);
  const double total = std::nearbyint(per_op * n);
  // Above 2^53 a double no longer tells neighbouring integers apart.
  if (!(std::fabs(total) <= 9007199254740992.0) || total / n != per_op) return std::nullopt;
  return static_cast<int64_t>(total);
}

}  // namespace tare::result
