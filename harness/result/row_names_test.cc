// SPDX-License-Identifier: Apache-2.0
// Names of rows: what they keep of Google Benchmark's, and what tells equal ones apart.
#include "result/row_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tare::result {
namespace {

using ::testing::ElementsAre;

TEST(RowNames, KeepWhatSaysHowABenchmarkIsRun) {
  EXPECT_EQ(RowNameOfGbench("a:b/x:y:1/2"), "a:b/x:y=1/2");
  EXPECT_EQ(RowNameOfGbench("tab\tand  spaces/-3"), "tab_and_spaces/-3");
  EXPECT_EQ(RowNameOfGbench("Work/size:8/min_time:0.001/min_warmup_time:0.100/repeats:3/"
                            "process_time/manual_time/threads:2"),
            "Work/size=8/min_time:0.001/min_warmup_time:0.100/repeats:3/process_time/manual_time/"
            "threads=2");
  EXPECT_EQ(RowNameOfGbench("Work/iterations:10"), "Work/iterations:10");
  EXPECT_EQ(RowNameOfGbench("Work/real_time/threads:1"), "Work/real_time");
  EXPECT_EQ(RowNameOfGbench("real_time"), "real_time") << "a function of that name";
  EXPECT_EQ(RowNameOfGbench(""), "");
  EXPECT_EQ(RowNameOfGbench("Work/:5"), "Work/:5") << "an argument without a name";
}

TEST(RowNames, FormerOnesAreWithoutIt) {
  EXPECT_EQ(FormerRowName("Work/size=8/min_time:0.001/repeats:3/process_time/real_time/threads=2"),
            "Work/size=8/threads=2");
  EXPECT_EQ(FormerRowName("real_time/iterations=8/iterations:all"),
            "real_time/iterations=8/iterations:all");
}

std::vector<std::string> Unique(const std::vector<std::string>& names) {
  UniqueNames unique;
  std::vector<std::string> given;
  for (const std::string& name : names) given.push_back(unique.Give(name));
  return given;
}

// As testing.T.Run of Go names subtests.
TEST(UniqueNames, AreNumberedAsGoDoes) {
  EXPECT_THAT(Unique({"x", "x", "y", "x"}), ElementsAre("x", "x#01", "y", "x#02"));
  EXPECT_THAT(Unique({"x", "x#01", "x"}), ElementsAre("x", "x#01", "x#02"));
  EXPECT_THAT(Unique({"x", "x", "x#01"}), ElementsAre("x", "x#01", "x#01#01"));
}

}  // namespace
}  // namespace tare::result
