// SPDX-License-Identifier: Apache-2.0
// Lookup and first-value-wins recording of unit metadata.
#include "result/unit.h"

#include <algorithm>
#include <array>

namespace tare::result {
namespace {

constexpr std::array<std::string_view, 6> kTimes = {"ns/op", "us/op", "\u00B5s/op",
                                                    "ms/op", "s/op",  "sec/op"};
constexpr std::array<std::string_view, 6> kPerSecond = {"/s",          "/sec",     "/second",
                                                        "_per_second", "_per_sec", "-per-second"};
// Of which more in a second is better. Not every rate is one: errors/s, misses/s, faults/s.
constexpr auto kWork = std::to_array<std::string_view>(
    {"op",           "ops",         "operation",  "operations",  "item",     "items",   "iter",
     "iters",        "iteration",   "iterations", "request",     "requests", "req",     "reqs",
     "message",      "messages",    "msg",        "msgs",        "packet",   "packets", "pkt",
     "pkts",         "frame",       "frames",     "event",       "events",   "record",  "records",
     "row",          "rows",        "line",       "lines",       "word",     "words",   "token",
     "tokens",       "query",       "queries",    "transaction", "txn",      "txns",    "tx",
     "transactions", "element",     "elements",   "key",         "keys",     "call",    "calls",
     "connection",   "connections", "conn",       "conns",       "file",     "files",   "document",
     "documents",    "flop",        "flops",      "FLOP",        "FLOPs",    "symbol",  "symbols"});

// "B", "kB", "MiB", "Gbit", "bytes": with or without a prefix of size.
bool IsAmountOfData(std::string_view work) {
  constexpr auto kPrefixes = std::to_array<std::string_view>(
      {"", "k", "K", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "kilo", "mega", "giga", "tera"});
  constexpr auto kData =
      std::to_array<std::string_view>({"B", "b", "bit", "bits", "byte", "bytes"});
  return std::any_of(kData.begin(), kData.end(), [&](std::string_view data) {
    return work.ends_with(data) &&
           std::find(kPrefixes.begin(), kPrefixes.end(),
                     work.substr(0, work.size() - data.size())) != kPrefixes.end();
  });
}

}  // namespace

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
  return unit == kNsPerOp || unit == kCpuNsPerOp || IsExactUnit(unit) || IsCountedOnceUnit(unit);
}

Better BetterByName(std::string_view unit) {
  if (IsKnownUnit(unit)) return Better::kLower;
  for (const std::string_view time : kTimes) {
    if (unit == time || unit.ends_with("-" + std::string(time))) return Better::kLower;
  }
  for (const std::string_view second : kPerSecond) {
    if (!unit.ends_with(second)) continue;
    const std::string_view work = unit.substr(0, unit.size() - second.size());
    if (IsAmountOfData(work) || std::find(kWork.begin(), kWork.end(), work) != kWork.end()) {
      return Better::kHigher;
    }
  }
  return Better::kUnknown;
}

bool IsExactUnit(std::string_view unit) {
  return unit == kAllocsPerOp || unit == kBytesPerOp || unit == kUsableBytesPerOp ||
         IsSplitUnit(unit);
}

bool IsSplitUnit(std::string_view unit) {
  return unit == kOwnAllocsPerOp || unit == kLibraryAllocsPerOp || unit == kOwnBytesPerOp ||
         unit == kLibraryBytesPerOp;
}

bool IsOwnCounter(std::string_view unit, const Units& units) {
  return !IsKnownUnit(unit) && !IsCountedOnceUnit(unit) && !units.IsExact(unit);
}

bool IsCountedOnceUnit(std::string_view unit) {
  return unit == kSyscallsPerOp || unit == kPeakBytes || IsLeftUnit(unit);
}

bool IsLeftUnit(std::string_view unit) {
  return unit == kDescriptorsLeft || unit == kBytesLeft;
}

}  // namespace tare::result
