// SPDX-License-Identifier: Apache-2.0
// Budgets: the most that each benchmark may cost, as data; which of them holds for a benchmark.
//
// The file (TOML; a comment may stand anywhere):
//
//   version = 1
//   [recorded]                    # where the rows hold that name no other conditions
//   os = "linux"
//   allocator = "jemalloc-5.3.0"
//   [gate]
//   budgets = [                   # a row a line
//     { benchmark = "A/size=64", allocs = 2, bytes = 96, usable = 112, syscalls = 8,
//       fds_left = 0, live_bytes = 0, peak_bytes = 96, own_allocs = 0, lib_allocs = 2,
//       own_bytes = 0, lib_bytes = 96 },          (on one line)
//     { benchmark = "A/size=64", when = { allocator = "glibc-*" }, allocs = 3, bytes = 99 },
//     { benchmark = "B/*", unbudgeted = "why nobody gates it" },
//   ]
//   waivers = [
//     { benchmark = "A/*", metric = "allocs", reason = "...", owner = "...", link = "...",
//       expires = 2027-01-31 },                  (on one line)
//   ]
//
// A value is an integer or a fraction in quotes, "1/1000". Where scheduling moves a count, it is a
// range with its reason, `allocs = { least = 3, most = 5, why = "..." }`; without `least` a
// ceiling. `benchmark` and the values of `when` are patterns: "*" stands for any text, "\\*" (in
// TOML's quotes) for a star, "\\\\" for a backslash. `when` names a key of the results'
// configuration (os, arch, compiler, allocator, kernel, ...) or of the benchmark's name (backend,
// variant, mode, ...).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gate/rational.h"
#include "result/result.h"

namespace tare::gate {

struct Metric {
  const char* key;      // in the file of budgets
  const char* unit;     // in results
  bool exact;           // measured must equal the budget; otherwise it may not exceed it
  bool per_op;          // the total is the value times the iterations
  const char* meaning;  // for people
};

inline constexpr Metric kMetrics[] = {
    {"allocs", "allocs/op", true, true, "allocations per operation"},
    {"bytes", "B/op", true, true, "bytes requested per operation"},
    {"usable", "usable-B/op", false, true, "usable bytes per operation"},
    {"syscalls", "syscalls/op", false, true, "system calls per operation"},
    {"fds_left", "fds-left", false, false, "descriptors left open by a run"},
    {"live_bytes", "live-B", false, false, "bytes left alive by a run"},
    {"peak_bytes", "peak-live-B", false, false, "bytes alive at once in a run"},
    {"own_allocs", "own-allocs/op", true, true, "allocations of ours per operation"},
    {"lib_allocs", "lib-allocs/op", true, true, "allocations of a library per operation"},
    {"own_bytes", "own-B/op", true, true, "bytes requested by us per operation"},
    {"lib_bytes", "lib-B/op", true, true, "bytes requested by a library per operation"},
};
inline constexpr size_t kMetricCount = std::size(kMetrics);
enum MetricIndex : size_t {
  kAllocs,
  kBytes,
  kUsable,
  kSyscalls,
  kDescriptors,
  kLiveBytes,
  kPeak,
  kOwnAllocs,
  kLibraryAllocs,
  kOwnBytes,
  kLibraryBytes
};
// Whether it is a part of allocs or bytes, which only benchmarks have that account for a library.
inline constexpr bool IsSplit(size_t metric) {
  return metric >= kOwnAllocs;
}

// What a waiver calls the time of a benchmark against a base build (judge_times.h): it has no
// budget.
inline constexpr char kTimeMetric[] = "time";

// Whether `limit` is the ceiling of one system call that tare used to write for a benchmark that
// makes none, as `measured` does: a new call would pass it.
bool IsCeilingOfNone(size_t metric, const Rational& limit, const Rational& measured);

using Conditions = std::vector<std::pair<std::string, std::string>>;

// In place of an equality or a plain ceiling: what a count may be, both ends included.
struct Range {
  Rational least;
  Rational most;
  std::string why;
};

struct Budget {
  std::string benchmark;  // pattern
  Conditions when;
  std::string unbudgeted;  // why nothing is gated; empty: something is
  std::array<std::optional<Rational>, kMetricCount> limits;  // of a range the most
  std::array<std::optional<Range>, kMetricCount> ranges;
  int64_t line = 0;
};

struct Waiver {
  std::string benchmark;  // pattern
  std::string metric;     // a key of kMetrics, or kTimeMetric
  std::string reason, owner, link;
  std::string expires;  // "2027-01-31": the last day on which it holds
  int64_t line = 0;
};

struct Budgets {
  std::string file;
  Conditions recorded;
  std::vector<Budget> budgets;
  int64_t budgets_end = 0;  // the line in which their list is closed; 0: there is none
  std::vector<Waiver> waivers;

  std::string Where(int64_t line) const;  // "<file>:<line>"
};

// Errors are kInvalidArgument, "<file>:<line>: <what>". An unknown key is one, and so are a row
// without allocs and bytes that does not say unbudgeted, and two rows of one key.
absl::StatusOr<Budgets> ParseBudgets(absl::string_view text, const std::string& file);

// Whether `pattern`, where "*" stands for any text and a backslash takes the meaning from what
// follows, matches all of `text`.
bool Matches(absl::string_view pattern, absl::string_view text);

// The pattern that matches `name` and nothing else.
std::string PatternOf(absl::string_view name);

// Whether `pattern` matches one text only.
bool IsOneName(absl::string_view pattern);

struct Choice {
  const Budget* budget = nullptr;  // null: none holds
  std::string why;                 // in words: why this one, or why none
  // Those that match the name as well, each with the reason why it was not chosen.
  std::vector<std::pair<const Budget*, std::string>> others;
};

// The budget that holds for the benchmark `name` in results of this configuration: of those that
// match, one with the exact name before one with a pattern, then the one with more conditions, then
// the pattern with more letters. Where two are left, none holds.
Choice ChooseBudget(const Budgets& budgets, absl::string_view name, const result::Config& config);

// Over how many operations the budget of `name` was counted where it was recorded, as far as it
// tells: what is allocated once in a run weighs differently in runs of another length. 0: its
// equalities are whole numbers, which hold for any.
int64_t OperationsOf(const Budgets& budgets, absl::string_view name);

// Whether some budget limits the bytes that are alive at once, which are counted only if asked for.
bool LimitsPeak(const Budgets& budgets);

// Whether some budget limits a metric that IsSplit.
bool LimitsSplit(const Budgets& budgets);

// What keeps `budget` from holding in results of this configuration; empty: it holds, for those
// benchmarks that it names.
std::string Obstacle(const Budgets& budgets, const Budget& budget, absl::string_view name,
                     const result::Config& config);

}  // namespace tare::gate
