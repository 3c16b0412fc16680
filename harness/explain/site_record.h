// SPDX-License-Identifier: Apache-2.0
// Where benchmarks allocated when their budgets were recorded, and what is new since.
//
// The record is a file of lines, "<benchmark> <allocs>/<operations> <site>", sorted. A site is the
// culprit's function and the two it was called from, by their short names: it does not change when
// lines move, nor with the depth of a standard library.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "explain/sites.h"

namespace tare::explain {

struct Allocs {
  int64_t allocs = 0;
  int64_t operations = 1;
};

// By site.
using SiteCounts = std::map<std::string, Allocs>;
// By benchmark.
using SiteRecord = std::map<std::string, SiteCounts>;

std::string SiteKey(const Site& site);
SiteCounts CountsOf(const SiteRun& run);

// Errors are kInvalidArgument, "<file>:<line>: <what>".
absl::StatusOr<SiteRecord> ReadSiteRecord(absl::string_view text, const std::string& file);
std::string FormatSiteRecord(const SiteRecord& record);

enum class Change { kNew, kMore, kFewer, kSame };

struct SiteChange {
  const Site* site = nullptr;  // of the run that was compared
  Change change = Change::kSame;
  Allocs before;  // of all sites with its key; nothing if it is new
};

// The sites of `run` against those of `before`: what is new first, then what allocates more, what
// allocates less, and what is as it was. What is gone has no line.
std::vector<SiteChange> CompareSites(const SiteRun& run, const SiteCounts& before);

}  // namespace tare::explain
