// SPDX-License-Identifier: Apache-2.0
// Units of measurement: what a number counts, whether it is exact, which way is better.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tare::result {

// How values of a unit vary between repetitions.
enum class Assume {
  kNothing,  // a sample: values differ, compare distributions
  kExact,    // every repetition must give the same value
};

enum class Better { kUnknown, kLower, kHigher };

// A unit and what is known of it, as `Unit <name> <key>=<value>...` lines say. Keys this class does
// not interpret are kept, in order, so that a file reads and writes without loss.
class Unit {
 public:
  explicit Unit(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  Assume assume() const;
  Better better() const;
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }

  // The value of `key`, or null.
  const std::string* Find(std::string_view key) const;

 private:
  friend class Units;
  std::string name_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

// The units of a file, in the order they were first described.
class Units {
 public:
  // Records one `key=value` of `unit`. The first value wins: returns the empty string, or, where
  // another value is already set, the message "metadata K of unit U already set to V".
  [[nodiscard]] std::string Set(std::string_view unit, std::string_view key,
                                std::string_view value);

  // Null where nothing is known of the unit.
  const Unit* Find(std::string_view name) const;
  bool IsExact(std::string_view name) const;

  const std::vector<Unit>& all() const { return units_; }
  bool operator==(const Units& other) const;

 private:
  std::vector<Unit> units_;
};

// The units that tare itself writes.
inline constexpr std::string_view kNsPerOp = "ns/op";
inline constexpr std::string_view kCpuNsPerOp = "cpu-ns/op";
inline constexpr std::string_view kAllocsPerOp = "allocs/op";
inline constexpr std::string_view kBytesPerOp = "B/op";
inline constexpr std::string_view kUsableBytesPerOp = "usable-B/op";
// allocs/op and B/op split between us and a library, where a benchmark accounts for it apart.
inline constexpr std::string_view kOwnAllocsPerOp = "own-allocs/op";
inline constexpr std::string_view kLibraryAllocsPerOp = "lib-allocs/op";
inline constexpr std::string_view kOwnBytesPerOp = "own-B/op";
inline constexpr std::string_view kLibraryBytesPerOp = "lib-B/op";
inline constexpr std::string_view kSyscallsPerOp = "syscalls/op";
inline constexpr std::string_view kDescriptorsLeft = "fds-left";  // open after a run and not before
inline constexpr std::string_view kBytesLeft = "live-B";          // usable, alive after it
inline constexpr std::string_view kPeakBytes = "peak-live-B";     // usable, alive at once in it

// Whether tare writes the unit, and whether it is exact wherever tare writes it: for files that say
// nothing of their units.
bool IsKnownUnit(std::string_view unit);
// Which way a unit is good by its name alone, for files that say nothing of it. Lower: what tare
// writes, and a time per operation ("sec/op", "p99-ns/op"). Higher: a throughput, that is work per
// second ("MB/s", "items_per_second", "op/s"). Unknown: everything else, other rates among it
// ("errors/s").
Better BetterByName(std::string_view unit);
bool IsExactUnit(std::string_view unit);
// Whether it is a part of allocs/op or B/op, which only some benchmarks have.
bool IsSplitUnit(std::string_view unit);
// Whether a value of the unit is a counter of the benchmark's own: where it is no finite number, it
// costs itself and not its row.
bool IsOwnCounter(std::string_view unit, const Units& units);
// Whether tare counts it in one run only, so that one value is no sample: syscalls/op, ...
bool IsCountedOnceUnit(std::string_view unit);
// Whether it is what a run left behind, which is below zero where the run gave back more than it
// took: fds-left, live-B.
bool IsLeftUnit(std::string_view unit);

}  // namespace tare::result
