// SPDX-License-Identifier: Apache-2.0
// Finds what failed by its allocations, counts it with sites, and compares those with the record.
#include "cli/blame.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/read_file.h"
#include "cli/site_runs.h"
#include "explain/site_record.h"

namespace tare::cli {
namespace {

using explain::Change;
using explain::SiteRun;

constexpr size_t kMostBenchmarks = 10;

const char* NameOf(Change change) {
  switch (change) {
    case Change::kNew:
      return "new";
    case Change::kMore:
      return "more";
    case Change::kFewer:
      return "fewer";
    case Change::kSame:
      break;
  }
  return "same";
}

gate::Blame BlameOf(const explain::Site& site, const SiteRun& run, const char* change) {
  gate::Blame blame;
  const explain::Frame& culprit = site.Culprit();
  blame.change = change;
  blame.function = explain::ShortName(culprit.function);
  blame.place = explain::PlaceOrName(culprit);
  blame.cost =
      absl::StrCat(gate::ToText(gate::Rational{site.allocs, run.operations}), " allocs/op, ",
                   gate::ToText(gate::Rational{site.bytes, run.operations}), " B/op");
  blame.allocs = {site.allocs, run.operations};
  blame.bytes = {site.bytes, run.operations};
  for (const explain::StackLine& line : site.Stack(/*folded=*/false)) {
    blame.stack.push_back(line.text);
  }
  for (const explain::StackLine& line : site.Stack(/*folded=*/true)) {
    blame.folded_stack.push_back(line.text);
  }
  return blame;
}

// What a run left behind by this site.
gate::Blame BlameOfHeld(const explain::Site& site, std::string cost) {
  SiteRun whole;
  whole.operations = 1;  // what is left is left by all of them
  gate::Blame blame = BlameOf(site, whole, "left");
  blame.cost = std::move(cost);
  return blame;
}

bool IsHeld(const gate::Finding& finding) {
  return finding.metric == gate::kMetrics[gate::kDescriptors].key ||
         finding.metric == gate::kMetrics[gate::kLiveBytes].key;
}

class Blamer {
 public:
  Blamer(const SuitesToCount& suites, const FreshCounts& counts, const HowToCount& how,
         const SuiteOptions& options, const Interrupt& interrupt)
      : suites_(suites), counts_(counts), how_(how), options_(options), interrupt_(interrupt) {}

  void Blame(gate::Verdict* verdict) {
    std::map<std::string, bool> done;
    std::set<std::string> explained;  // by "<benchmark> <metric>", or without: by allocations
    for (gate::Finding& finding : verdict->findings) {
      const std::string by =
          absl::StrCat(finding.benchmark, " ", IsHeld(finding) ? finding.metric : "");
      if (!IsAbout(finding) || !explained.insert(by).second) continue;
      done[finding.benchmark] = true;
      if (interrupt_.signal() != 0) return;
      if (done.size() > kMostBenchmarks) {
        finding.sites_note = absl::StrCat("no stack: the first ", kMostBenchmarks,
                                          " benchmarks that fail are run again for theirs; "
                                          "`tare explain NAME` runs any");
        continue;
      }
      if (!has_record_) ReadRecord(verdict->budgets);
      BlameOne(&finding);
    }
  }

 private:
  static bool IsByAllocations(const std::string& metric) {
    for (const gate::MetricIndex i : {gate::kAllocs, gate::kBytes, gate::kOwnAllocs,
                                      gate::kLibraryAllocs, gate::kOwnBytes, gate::kLibraryBytes}) {
      if (metric == gate::kMetrics[i].key) return true;
    }
    return false;
  }

  // Whether it is by allocations that it fails.
  bool IsAbout(const gate::Finding& finding) const {
    if (finding.outcome == gate::Outcome::kRegression) {
      return IsByAllocations(finding.metric) || IsHeld(finding);
    }
    return finding.outcome == gate::Outcome::kCannotJudge && IsUnstable(finding.benchmark);
  }

  bool IsUnstable(const std::string& benchmark) const {
    return std::any_of(counts_.suites.begin(), counts_.suites.end(), [&](const gate::Evidence& e) {
      const gate::Measured* const row = e.Find(benchmark);
      return row != nullptr && row->state == gate::Measured::State::kUnstable;
    });
  }

  void ReadRecord(const std::string& budgets) {
    has_record_ = true;
    const std::string file = SiteRecordBeside(budgets);
    const auto text = ReadTextFile(file);
    if (!text.ok()) {
      record_note_ = absl::IsNotFound(text.status()) ? absl::StrCat("no record of sites in ", file)
                                                     : std::string(text.status().message());
      return;
    }
    auto record = explain::ReadSiteRecord(*text, file);
    if (record.ok()) {
      record_ = *std::move(record);
    } else {
      record_note_ = std::string(record.status().message());
    }
  }

  void BlameOne(gate::Finding* finding) const {
    for (const CountedSuite& suite : suites_.suites) {
      for (const ListedRow& row : suite.rows) {
        if (row.name != finding->benchmark) continue;
        const auto number = how_.iterations.find(row.name);
        const auto runs =
            RunForSites(suite.program, row, number != how_.iterations.end() ? number->second : 0,
                        options_.Timeout(), &interrupt_);
        if (!runs.ok()) {
          finding->sites_note = absl::StrCat("no sites: ", std::string(runs.status().message()));
        } else if (IsHeld(*finding)) {
          NameHolders(runs->front(), finding);
        } else if (IsUnstable(row.name)) {
          CompareRuns(*runs, finding);
        } else {
          CompareWithRecord(runs->front(), finding);
        }
        return;
      }
    }
  }

  void CompareWithRecord(const SiteRun& run, gate::Finding* finding) const {
    const auto known = record_.find(finding->benchmark);
    const explain::SiteCounts before =
        known != record_.end() ? known->second : explain::SiteCounts();
    int64_t same = 0;
    for (const explain::SiteChange& change : CompareSites(run, before)) {
      if (change.change == Change::kSame) same += change.site->allocs;
      finding->sites.push_back(BlameOf(*change.site, run, NameOf(change.change)));
    }
    const gate::Rational all = {run.allocs, run.operations};
    finding->sites_note =
        absl::StrCat("all sites: ", gate::ToText(all), " allocs/op, of which ",
                     gate::ToText(gate::Rational{same, run.operations}), " as recorded");
    if (const std::string why = run.WhyNoLines(); !why.empty()) {
      absl::StrAppend(&finding->sites_note, "; ", why);
    }
    if (run.Missing() != 0) {
      absl::StrAppend(&finding->sites_note, "; ", run.Missing(), " allocations in ", run.operations,
                      " operations have no site");
    }
    if (finding->metric == gate::kMetrics[gate::kAllocs].key && finding->measured.has_value() &&
        finding->measured->Compare(all) != 0) {
      absl::StrAppend(&finding->sites_note, "; the gate had counted ",
                      gate::ToText(*finding->measured));
    }
    if (before.empty() && finding->budget.has_value() && finding->budget->total != 0) {
      absl::StrAppend(&finding->sites_note, "; ",
                      record_note_.empty() ? "none of them is recorded" : record_note_);
    }
  }

  // Who allocated or opened what the run left behind.
  static void NameHolders(const SiteRun& run, gate::Finding* finding) {
    if (!run.held.has_value()) {
      finding->sites_note = "it left nothing behind when it was run again";
      return;
    }
    if (finding->metric == gate::kMetrics[gate::kLiveBytes].key) {
      for (const explain::Site& site : run.held->blocks) {
        finding->sites.push_back(BlameOfHeld(site, explain::CostOfBlocks(site)));
      }
      finding->sites_note = run.held->WhatIsNotShown();
      return;
    }
    for (const explain::Held::Descriptor& descriptor : run.held->opened) {
      if (descriptor.opened_at.frames.empty()) {
        absl::StrAppend(&finding->sites_note, finding->sites_note.empty() ? "" : "; ",
                        descriptor.what, ": ", explain::kOpenedUnseen);
      } else {
        finding->sites.push_back(BlameOfHeld(descriptor.opened_at, "a descriptor"));
      }
    }
  }

  // Which stacks made the difference.
  static void CompareRuns(const std::vector<SiteRun>& runs, gate::Finding* finding) {
    if (runs.size() < 2) {
      finding->sites_note = "it was stable when it was run again for its sites";
      return;
    }
    const SiteRun& first = runs[0];
    const SiteRun& second = runs[1];
    const explain::SiteCounts before = CountsOf(first), after = CountsOf(second);
    const auto varies = [&](const std::string& key) {
      const auto a = before.find(key), b = after.find(key);
      return a == before.end() || b == after.end() || a->second.allocs != b->second.allocs;
    };
    for (const SiteRun* run : {&second, &first}) {
      for (const explain::Site& site : run->sites) {
        const std::string key = SiteKey(site);
        // What only the first run had is shown as it was there.
        if (!varies(key) || (run == &first && after.count(key) != 0)) continue;
        finding->sites.push_back(BlameOf(site, *run, "varies"));
      }
    }
    finding->sites_note =
        absl::StrCat("two runs for the sites: ", first.allocs, " and ", second.allocs,
                     " allocations in ", second.operations, " operations");
  }

  const SuitesToCount& suites_;
  const FreshCounts& counts_;
  const HowToCount& how_;
  const SuiteOptions& options_;
  const Interrupt& interrupt_;
  bool has_record_ = false;
  explain::SiteRecord record_;
  std::string record_note_;
};

}  // namespace

std::string SiteRecordBeside(const std::string& budgets_file) {
  return (std::filesystem::path(budgets_file).parent_path() / "sites.txt").string();
}

void AddSites(const SuitesToCount& suites, const FreshCounts& counts, const HowToCount& how,
              const SuiteOptions& options, const Interrupt& interrupt, gate::Verdict* verdict) {
  Blamer(suites, counts, how, options, interrupt).Blame(verdict);
}

}  // namespace tare::cli
