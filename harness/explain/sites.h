// SPDX-License-Identifier: Apache-2.0
// The sites of a counted run: what a bench program printed (bench/site_lines.h), with names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "explain/symbols.h"

namespace tare::explain {

struct Site {
  int64_t allocs = 0;  // in the run
  int64_t bytes = 0;
  // The innermost first. The allocator's own frames are cut, and those that run the benchmark.
  std::vector<Frame> frames;

  // The line to look at: the innermost that is not of a system's header or library.
  const Frame& Culprit() const;
};

struct SiteRun {
  int run = 0;
  int64_t operations = 0;
  int64_t allocs = 0;  // as counted
  int64_t bytes = 0;
  int64_t lost = 0;         // allocations whose stacks found no room
  std::vector<Site> sites;  // most allocations first

  // What the sites miss of `allocs`: 0 if they add up.
  int64_t Missing() const;
};

// The runs of the benchmark `name` in the comments that its program printed. One, or the two that
// differed of a benchmark that is not stable. An error where they cannot be read; kUnavailable,
// with the reason, where sites cannot be recorded.
absl::StatusOr<std::vector<SiteRun>> ReadSites(const std::vector<std::string>& comments,
                                               absl::string_view name);

// A function's name without its parameters, its template's arguments and white space: what does not
// change when a line moves.
std::string ShortName(absl::string_view function);

// "impl/fd_ops/reference.h:88": from the working directory if it lies below; without the way up
// that a path relative to a build directory begins with. "" if unknown.
std::string Place(const Frame& frame);

// Folded stacks, for flame graphs: "<name>;<outermost>;...;<innermost> <allocs>", a line a site.
std::string Folded(absl::string_view name, const SiteRun& run);

}  // namespace tare::explain
