// SPDX-License-Identifier: Apache-2.0
// The record of sites is read as it was written; what is new, or allocates more, comes first.
#include "explain/site_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tare::explain {
namespace {

Site SiteOf(const std::vector<std::string>& functions, int64_t allocs) {
  Site site;
  site.allocs = allocs;
  for (const std::string& function : functions) {
    site.frames.push_back({function, "read.cc", 7, "/bin/a"});
  }
  return site;
}

SiteRun RunOf(std::vector<Site> sites, int64_t operations = 1000) {
  SiteRun run;
  run.operations = operations;
  run.sites = std::move(sites);
  return run;
}

TEST(SiteKey, IsTheCulpritAndTwoCallers) {
  Site site = SiteOf({"std::vector<int>::push_back(int const&)", "Parse(char const*)",
                      "void Session<Tcp>::OnRead(int)", "Loop::Turn()", "Loop::Run()"},
                     1);
  site.frames[0].file = "/usr/include/c++/12/bits/stl_vector.h";
  EXPECT_EQ(SiteKey(site), "Parse<-Session::OnRead<-Loop::Turn");
}

TEST(SiteRecord, ReadsBack) {
  SiteRecord record;
  record["A/size=1"] = CountsOf(RunOf({SiteOf({"f()"}, 3), SiteOf({"g()", "f()"}, 2000)}));
  record["B"] = CountsOf(RunOf({SiteOf({"f()"}, 1), SiteOf({"f()"}, 2)}, 8));
  const std::string text = FormatSiteRecord(record);
  EXPECT_THAT(text, testing::EndsWith("A/size=1 3/1000 f\nA/size=1 2000/1000 g<-f\nB 3/8 f\n"));
  const auto read = ReadSiteRecord(text, "sites.txt");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(FormatSiteRecord(*read), text);
}

TEST(SiteRecord, WhatIsWrongIsNamedWithItsLine) {
  for (const char* bad : {"A f", "A 3 f", "A 0/8 f", "A 3/0 f", "A x/8 f", "A 3/8 f g"}) {
    EXPECT_EQ(ReadSiteRecord("# head\n" + std::string(bad) + "\n", "sites.txt").status().message(),
              "sites.txt:2: '<benchmark> <allocs>/<operations> <site>' is expected")
        << bad;
  }
}

TEST(CompareSites, WhatIsNewComesFirst) {
  const SiteCounts before = {
      {"same", {2000, 1000}}, {"more", {8, 8}}, {"fewer", {3, 1}}, {"gone", {1, 1}}};
  const SiteRun run = RunOf({SiteOf({"same()"}, 2000), SiteOf({"fewer()"}, 1000),
                             SiteOf({"more()"}, 1001), SiteOf({"fresh()"}, 1)});
  std::vector<std::pair<std::string, Change>> changes;
  for (const SiteChange& change : CompareSites(run, before)) {
    changes.emplace_back(change.site->frames[0].function, change.change);
  }
  EXPECT_THAT(changes, testing::ElementsAre(testing::Pair("fresh()", Change::kNew),
                                            testing::Pair("more()", Change::kMore),
                                            testing::Pair("fewer()", Change::kFewer),
                                            testing::Pair("same()", Change::kSame)));
}

}  // namespace
}  // namespace tare::explain
