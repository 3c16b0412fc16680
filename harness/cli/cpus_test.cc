// SPDX-License-Identifier: Apache-2.0
// CPU lists: printed as the kernel prints them, and what we may use is never nothing.
#include "cli/cpus.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tare::cli {
namespace {

TEST(FormatCpusTest, WritesRanges) {
  EXPECT_EQ(FormatCpus({0}), "0");
  EXPECT_EQ(FormatCpus({0, 1}), "0-1");
  EXPECT_EQ(FormatCpus({0, 2, 3, 4, 8}), "0,2-4,8");
  EXPECT_EQ(FormatCpus({}), "");
}

TEST(ParseCpusTest, ReadsWhatIsFormatted) {
  using Cpus = std::vector<int>;
  EXPECT_EQ(ParseCpus("3"), Cpus({3}));
  EXPECT_EQ(ParseCpus("0-3,8"), Cpus({0, 1, 2, 3, 8}));
  EXPECT_EQ(ParseCpus("8,0-1,1"), Cpus({0, 1, 8}));
  for (const char* bad : {"", ",", "1,", "-1", "1-", "3-1", "1-2-3", " 1", "+1", "1.5", "all",
                          "16384", "0-99999999999", "0x1"}) {
    EXPECT_FALSE(ParseCpus(bad).has_value()) << bad;
  }
}

TEST(AllowedCpusTest, AreAscendingAndNotEmpty) {
  const std::vector<int> cpus = AllowedCpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(std::is_sorted(cpus.begin(), cpus.end()));
}

TEST(CpuMaskTest, IsRefusedForACpuThatIsNotThere) {
  EXPECT_TRUE(CpuMask({}).empty());
  const CpuMask mask({16383});
  EXPECT_FALSE(mask.empty());
  EXPECT_FALSE(mask.ApplyToThisThread());
}

TEST(CpuMaskTest, AppliesToThisThread) {
  const std::vector<int> before = AllowedCpus();
  ASSERT_TRUE(CpuMask({before.back()}).ApplyToThisThread());
  EXPECT_EQ(AllowedCpus(), std::vector<int>{before.back()});
  EXPECT_TRUE(CpuMask(before).ApplyToThisThread());
}

}  // namespace
}  // namespace tare::cli
