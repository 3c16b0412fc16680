// SPDX-License-Identifier: Apache-2.0
// --tare_sites: what the sites of a row add up to is what was counted, in every kind of loop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bench/run_program.h"
#include "result/result.h"
#include "tare/alloc_scope.h"

namespace tare::bench {
namespace {

struct Sums {
  int64_t operations = 0, allocs = 0, bytes = 0, lost = 0;  // as counted
  int64_t of_sites = 0, bytes_of_sites = 0;
  int stacks = 0;
};

// By "<name> <run>".
std::map<std::string, Sums> SumsOf(const result::ResultFile& results) {
  std::map<std::string, Sums> sums;
  std::vector<std::string> comments = results.head;
  comments.insert(comments.end(), results.notes.begin(), results.notes.end());
  for (const std::string& comment : comments) {
    std::istringstream words(comment);
    std::string what, name, run;
    words >> what >> name >> run;
    Sums& sum = sums[name + " " + run];
    if (what == "sites") {
      words >> sum.operations >> sum.allocs >> sum.bytes >> sum.lost;
    } else if (what == "site") {
      int64_t allocs = 0, bytes = 0;
      words >> allocs >> bytes;
      sum.of_sites += allocs;
      sum.bytes_of_sites += bytes;
      ++sum.stacks;
    } else {
      sums.erase(name + " " + run);
    }
    EXPECT_FALSE(words.fail()) << comment;
  }
  return sums;
}

bool NoSites(const Finished& finished) {
  const size_t at = finished.out.find("# not applicable: sites: ");
  if (at == std::string::npos) return false;
  std::cout << finished.out.substr(at + 2, finished.out.find('\n', at) - at);
  return true;
}

TEST(SiteLines, AddUpToTheCountsOfEveryRow) {
  if (!AllocScope::WhyNot().empty()) {
    std::cout << "not applicable: " << AllocScope::WhyNot() << "\n";
    return;
  }
  const Finished finished = RunProgram(EXACT_PLANTS, {"--counts-only", "--tare_sites"});
  if (NoSites(finished)) return;
  const result::ResultFile results = ReadResults(finished);
  const std::map<std::string, Sums> sums = SumsOf(results);
  size_t checked = 0;
  for (const result::Row& row : results.rows) {
    const auto found = sums.find(row.name + ": 1");
    ASSERT_NE(found, sums.end()) << row.name;
    const Sums& sum = found->second;
    EXPECT_EQ(sum.operations, row.iterations) << row.name;
    EXPECT_EQ(static_cast<double>(sum.allocs), *row.Find("allocs/op") * sum.operations) << row.name;
    EXPECT_EQ(sum.of_sites, sum.allocs) << row.name;
    EXPECT_EQ(sum.bytes_of_sites, sum.bytes) << row.name;
    EXPECT_EQ(sum.lost, 0) << row.name;
    checked += sum.allocs > 0 ? 1 : 0;
  }
  EXPECT_GT(checked, 10u);
}

TEST(SiteLines, OfARowThatIsNotStableAreTwoRunsThatDiffer) {
  if (!AllocScope::WhyNot().empty()) {
    std::cout << "not applicable: " << AllocScope::WhyNot() << "\n";
    return;
  }
  const Finished finished =
      RunProgram(OUTCOME_PLANTS, {"--counts-only", "--tare_sites", "--benchmark_filter=Unstable"});
  if (NoSites(finished)) return;
  const std::map<std::string, Sums> sums = SumsOf(ReadResults(finished));
  ASSERT_EQ(sums.size(), 2u) << finished.out;
  EXPECT_NE(sums.begin()->second.allocs, sums.rbegin()->second.allocs);
}

}  // namespace
}  // namespace tare::bench
