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
