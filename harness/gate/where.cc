// SPDX-License-Identifier: Apache-2.0
// Groups the sites of all findings by their line, and the remarks by their words.
#include "gate/where.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tare::gate {
namespace {

constexpr size_t kNamedBenchmarks = 4;  // of a group; of the others the number is said

struct Group {
  std::string key;
  std::string head;
  std::vector<std::string> costs;
  std::vector<std::string> stack;
  std::vector<std::string> benchmarks;
};

void AddIfNew(const std::string& text, std::vector<std::string>* texts) {
  if (std::find(texts->begin(), texts->end(), text) == texts->end()) texts->push_back(text);
}

Group& GroupOf(const std::string& key, std::vector<Group>* groups) {
  const auto group =
      std::find_if(groups->begin(), groups->end(), [&](const Group& g) { return g.key == key; });
  if (group != groups->end()) return *group;
  groups->emplace_back().key = key;
  return groups->back();
}

// "A, B, C, D and 38 more"
std::string Names(const std::vector<std::string>& benchmarks) {
  std::string text;
  // One more is named in place of "and 1 more".
  const size_t named =
      benchmarks.size() <= kNamedBenchmarks + 1 ? benchmarks.size() : kNamedBenchmarks;
  for (size_t i = 0; i < named; ++i) absl::StrAppend(&text, i == 0 ? "" : ", ", benchmarks[i]);
  if (named < benchmarks.size()) {
    absl::StrAppend(&text, " and ", benchmarks.size() - named, " more");
  }
  return text;
}

}  // namespace

bool IsNews(const Blame& site) {
  return site.change != "same";
}

std::string SiteLine(const Blame& site) {
  return absl::StrCat(site.change, ": ", site.cost, " at ", site.place,
                      site.function.empty() ? "" : ", in ", site.function);
}

std::string RenderWhere(const Verdict& verdict) {
  std::vector<Group> sites, notes;
  for (const Finding& finding : verdict.findings) {
    for (const Blame& site : finding.sites) {
      if (!IsNews(site)) continue;
      Group& group =
          GroupOf(absl::StrCat(site.change, "\n", site.place, "\n", site.function), &sites);
      if (group.benchmarks.empty()) {
        group.head = SiteLine(site);
        group.stack = site.folded_stack;
      }
      AddIfNew(site.cost, &group.costs);
      AddIfNew(finding.benchmark, &group.benchmarks);
    }
    if (finding.sites_note.empty()) continue;
    Group& group = GroupOf(finding.sites_note, &notes);
    group.head = finding.sites_note;
    AddIfNew(finding.benchmark, &group.benchmarks);
  }
  // What fails the most first.
  std::stable_sort(sites.begin(), sites.end(), [](const Group& a, const Group& b) {
    return a.benchmarks.size() > b.benchmarks.size();
  });
  std::string text;
  for (const Group& site : sites) {
    absl::StrAppend(&text, "  ", site.head);
    if (site.costs.size() > 1) absl::StrAppend(&text, " (elsewhere ", site.costs[1], ")");
    absl::StrAppend(&text, "\n");
    for (const std::string& frame : site.stack) absl::StrAppend(&text, "      ", frame, "\n");
    absl::StrAppend(&text, "    of ", Names(site.benchmarks), "\n");
  }
  for (const Group& note : notes) {
    absl::StrAppend(&text, "  ", note.head, "\n    of ", Names(note.benchmarks), "\n");
  }
  return text.empty() ? "" : absl::StrCat("where:\n", text);
}

}  // namespace tare::gate
