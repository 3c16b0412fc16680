// SPDX-License-Identifier: Apache-2.0
// The sites of a counted run: what a bench program printed (bench/site_lines.h), with names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "explain/symbols.h"

namespace tare::explain {

struct StackLine {
  std::string text;     // "<function>  <place>"
  bool guilty = false;  // of the culprit
};

struct Site {
  int64_t allocs = 0;  // in the run
  int64_t bytes = 0;
  // The innermost first. The allocator's own frames are cut, and those that run the benchmark.
  std::vector<Frame> frames;

  // The line to look at: the innermost that is not of a system's header or library.
  const Frame& Culprit() const;

  // A line a frame, the innermost first. `folded`: of frames in the system's headers and libraries
  // that follow each other, the outermost alone, with the number of others.
  std::vector<StackLine> Stack(bool folded) const;
};

// Whether the frame is of a header or library of the system.
bool IsSystems(const Frame& frame);

// What a run left behind, and who holds it.
struct Held {
  int64_t bytes = 0;         // live-B, as counted
  int64_t descriptors = 0;   // fds-left
  int64_t older_freed = 0;   // usable bytes of blocks from before the run that it freed
  int64_t lost = 0;          // blocks that found no room
  std::vector<Site> blocks;  // by what allocated them: `allocs` is blocks, `bytes` usable bytes
  struct Descriptor {
    int number = 0;
    std::string what;  // "socket:[4711]", "/tmp/a_file"
    Site opened_at;    // no frames: by a call that is not seen
  };
  std::vector<Descriptor> opened;

  // Why the blocks do not add up to live-B, in words; "" if they do.
  std::string WhatIsNotShown() const;
};

// Of a descriptor without a site, why.
inline constexpr char kOpenedUnseen[] =
    "opened by a call that is not seen: a raw system call, io_uring, or the C library's own";

// "128 live-B in 2 blocks"
std::string CostOfBlocks(const Site& site);

struct SiteRun {
  int run = 0;
  int64_t operations = 0;
  int64_t allocs = 0;  // as counted
  int64_t bytes = 0;
  int64_t lost = 0;          // allocations whose stacks found no room
  std::vector<Site> sites;   // most allocations first
  std::optional<Held> held;  // of the first run; nothing where it left nothing behind

  // What the sites miss of `allocs`: 0 if they add up.
  int64_t Missing() const;
  // Why culprits have no line, a clause a module, with what to do; "" if all have one.
  std::string WhyNoLines() const;
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

// The place, or the module where there is no line, and there the address if nothing is named.
std::string PlaceOrName(const Frame& frame);

// Folded stacks, for flame graphs: "<name>;<outermost>;...;<innermost> <allocs>", a line a site.
std::string Folded(absl::string_view name, const SiteRun& run);

}  // namespace tare::explain
