// SPDX-License-Identifier: Apache-2.0
// Lookup and first-value-wins recording of unit metadata.
#include "result/unit.h"

#include <algorithm>

namespace tare::result {

const std::string* Unit::Find(std::string_view key) const {
  for (const auto& [k, v] : metadata_) {
    if (k == key) return &v;
  }
  return nullptr;
}

Assume Unit::assume() const {
  const std::string* v = Find("assume");
  return v != nullptr && *v == "exact" ? Assume::kExact : Assume::kNothing;
}

Better Unit::better() const {
  const std::string* v = Find("better");
  if (v == nullptr) return Better::kUnknown;
  if (*v == "lower") return Better::kLower;
  return *v == "higher" ? Better::kHigher : Better::kUnknown;
}

std::string Units::Set(std::string_view unit, std::string_view key, std::string_view value) {
  auto it =
      std::find_if(units_.begin(), units_.end(), [&](const Unit& u) { return u.name() == unit; });
  if (it == units_.end()) it = units_.insert(units_.end(), Unit(std::string(unit)));
  if (const std::string* old = it->Find(key); old != nullptr) {
    if (*old == value) return "";
    return "metadata " + std::string(key) + " of unit " + std::string(unit) + " already set to " +
           *old;
  }
  it->metadata_.emplace_back(key, value);
  return "";
}

const Unit* Units::Find(std::string_view name) const {
  for (const Unit& u : units_) {
    if (u.name() == name) return &u;
  }
  return nullptr;
}

bool Units::IsExact(std::string_view name) const {
  const Unit* unit = Find(name);
  return unit != nullptr && unit->assume() == Assume::kExact;
}

bool Units::operator==(const Units& other) const {
  return std::equal(units_.begin(), units_.end(), other.units_.begin(), other.units_.end(),
                    [](const Unit& a, const Unit& b) {
                      return a.name() == b.name() && a.metadata() == b.metadata();
                    });
}

bool IsKnownUnit(std::string_view unit) {
  return unit == kNsPerOp || unit == kCpuNsPerOp || unit == kSyscallsPerOp || IsExactUnit(unit);
}

bool IsExactUnit(std::string_view unit) {
  return unit == kAllocsPerOp || unit == kBytesPerOp || unit == kUsableBytesPerOp;
}

bool IsCountedOnceUnit(std::string_view unit) {
  return unit == kSyscallsPerOp || unit == kDescriptorsLeft || unit == kBytesLeft;
}

}  // namespace tare::result
