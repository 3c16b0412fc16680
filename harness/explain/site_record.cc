// SPDX-License-Identifier: Apache-2.0
// Keys of sites, the file that keeps them, and comparison key by key.
#include "explain/site_record.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tare::explain {
namespace {

constexpr size_t kCallers = 2;
__extension__ using Wide = __int128;

// Below 0, 0 or above 0, as `a` is less than, equal to or more than `b`, by operation.
int Compare(const Allocs& a, const Allocs& b) {
  const Wide x = static_cast<Wide>(a.allocs) * b.operations;
  const Wide y = static_cast<Wide>(b.allocs) * a.operations;
  return x < y ? -1 : x > y ? 1 : 0;
}

}  // namespace

std::string SiteKey(const Site& site) {
  const Frame& culprit = site.Culprit();
  const auto at = static_cast<size_t>(&culprit - site.frames.data());
  std::string key;
  for (size_t i = at; i < site.frames.size() && i <= at + kCallers; ++i) {
    const std::string name = ShortName(site.frames[i].function);
    absl::StrAppend(&key, i == at ? "" : "<-", name.empty() ? "?" : name);
  }
  return key;
}

SiteCounts CountsOf(const SiteRun& run) {
  SiteCounts counts;
  for (const Site& site : run.sites) {
    Allocs& allocs = counts[SiteKey(site)];
    allocs.allocs += site.allocs;
    allocs.operations = run.operations;
  }
  return counts;
}

absl::StatusOr<SiteRecord> ReadSiteRecord(absl::string_view text, const std::string& file) {
  SiteRecord record;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || absl::StartsWith(line, "#")) continue;
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    Allocs allocs;
    bool good = words.size() == 3;
    if (good) {
      const std::pair<absl::string_view, absl::string_view> parts =
          absl::StrSplit(words[1], absl::MaxSplits('/', 1));
      good = absl::SimpleAtoi(parts.first, &allocs.allocs) && allocs.allocs > 0 &&
             absl::SimpleAtoi(parts.second, &allocs.operations) && allocs.operations > 0;
    }
    if (!good) {
      return absl::InvalidArgumentError(absl::StrCat(
          file, ":", number, ": '<benchmark> <allocs>/<operations> <site>' is expected"));
    }
    record[std::string(words[0])][std::string(words[2])] = allocs;
  }
  return record;
}

std::string FormatSiteRecord(const SiteRecord& record) {
  std::string text =
      "# SPDX-License-Identifier: Apache-2.0\n"
      "# Where each benchmark allocates, as its budget was recorded: `tare gate` shows what is "
      "new\n"
      "# against it, `tare budget update` writes it. <benchmark> <allocs>/<operations> <site>\n";
  for (const auto& [benchmark, sites] : record) {
    for (const auto& [site, allocs] : sites) {
      absl::StrAppend(&text, benchmark, " ", allocs.allocs, "/", allocs.operations, " ", site,
                      "\n");
    }
  }
  return text;
}

std::vector<SiteChange> CompareSites(const SiteRun& run, const SiteCounts& before) {
  const SiteCounts now = CountsOf(run);
  std::vector<SiteChange> changes;
  for (const Site& site : run.sites) {
    const std::string key = SiteKey(site);
    const auto known = before.find(key);
    if (known == before.end()) {
      changes.push_back({&site, Change::kNew, {}});
      continue;
    }
    const int order = Compare(now.at(key), known->second);
    changes.push_back({&site,
                       order > 0   ? Change::kMore
                       : order < 0 ? Change::kFewer
                                   : Change::kSame,
                       known->second});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const SiteChange& a, const SiteChange& b) { return a.change < b.change; });
  return changes;
}

}  // namespace tare::explain
