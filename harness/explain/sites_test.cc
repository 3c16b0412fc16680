// SPDX-License-Identifier: Apache-2.0
// Names without what changes, cuts, sums, and what is no line about sites. Addresses to lines is
// tested end to end (cli/explain_command_test.cc).
#include "explain/sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tare::explain {
namespace {

TEST(ShortName, LeavesOutWhatChangesWithoutMeaning) {
  const std::pair<const char*, const char*> names[] = {
      {"malloc", "malloc"},
      {"Parse(char const*)", "Parse"},
      {"io::Fd<io::Epoll>::Read(std::span<char, 4ul>)", "io::Fd::Read"},
      {"void io::Loop<io::Epoll>::Turn<int>(int) const", "io::Loop::Turn"},
      {"(anonymous namespace)::f(int) [clone .cold]", "anonymous::f"},
      {"std::vector<int, std::allocator<int> >::operator[](unsigned long) const &",
       "std::vector::operator"},
      {"operator new(unsigned long)", "operatornew"},
      {"a::operator<<(std::ostream&, a::B<int> const&)", "a::operator<<"},
      {"f(int)::{lambda(int)#1}::operator()(int) const", "f::lambda::operator()"},
      {"", ""},
  };
  for (const auto& [full, brief] : names) EXPECT_EQ(ShortName(full), brief) << full;
}

TEST(ReadSites, WithoutSymbolsAddressesStand) {
  const auto runs =
      ReadSites({"module 0x1000 /no/such/file", "sites A: 1 8 3 48 0",
                 "site A: 1 2 32 0x2001 0x3001", "site A: 1 1 16 0x4001", "sites B: 1 8 3 48 0"},
                "A");
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->size(), 1u);
  const SiteRun& run = runs->front();
  EXPECT_EQ(run.operations, 8);
  EXPECT_EQ(run.Missing(), 0);
  ASSERT_EQ(run.sites.size(), 2u);
  EXPECT_EQ(run.sites[0].Culprit().function, "0x2000");  // the call stands before its return
  EXPECT_EQ(Folded("A", run), "A;0x3000;0x2000 2\nA;0x4000 1\n");
}

TEST(ReadSites, WhatIsMissingIsSaid) {
  const auto runs = ReadSites({"sites A: 1 8 3 48 1", "site A: 1 2 32 0x2001"}, "A");
  ASSERT_TRUE(runs.ok()) << runs.status();
  EXPECT_EQ(runs->front().Missing(), 1);
  EXPECT_EQ(runs->front().lost, 1);
  EXPECT_EQ(ReadSites({"not applicable: sites: no libunwind"}, "A").status().message(),
            "no libunwind");
}

TEST(ReadSites, NoLineAboutSitesIsQuoted) {
  for (const char* bad :
       {"sites A: 1 8 3 48", "sites A: 1 0 3 48 0", "site A: 1 2 32 0x1", "module here /bin/a"}) {
    EXPECT_THAT(std::string(ReadSites({bad}, "A").status().message()),
                testing::HasSubstr(std::string("'") + bad))
        << bad;
  }
  for (const char* bad :
       {"site A: 2 2 32 0x1", "site A: 1 2 32", "site A: 1 two 32 0x1", "site A: 1 2 32 1x"}) {
    EXPECT_THAT(std::string(ReadSites({"sites A: 1 8 3 48 0", bad}, "A").status().message()),
                testing::HasSubstr(std::string("'") + bad))
        << bad;
  }
}

}  // namespace
}  // namespace tare::explain
