// SPDX-License-Identifier: Apache-2.0
// What is read of /proc, and what is said where it says nothing or something else.
#include "cli/machine_load.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace tare::cli {
namespace {

class MachineLoadTest : public testing::Test {
 protected:
  // Under the test's own name: others may run beside it.
  std::string Proc(const std::string& name, const std::string& loadavg, const std::string& stat,
                   const std::string& pressure) {
    const std::string proc =
        absl::StrCat(testing::TempDir(), "/",
                     testing::UnitTest::GetInstance()->current_test_info()->name(), name);
    std::filesystem::create_directories(proc + "/pressure");
    std::ofstream(proc + "/loadavg") << loadavg;
    std::ofstream(proc + "/stat") << stat;
    std::ofstream(proc + "/pressure/cpu") << pressure;
    return proc;
  }
};

TEST_F(MachineLoadTest, SaysWhatHappenedInBetween) {
  MachineLoad before = MachineLoad::Now(
      Proc("before", "0.52 0.6 0.7 1/200 31\n", "cpu  100 0 100 700 0 0 0 100 50 0\ncpu0 1\n",
           "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\nfull avg10=0 total=7\n"));
  MachineLoad after = MachineLoad::Now(
      Proc("after", "1.034 0.6 0.7 1/200 31\n", "cpu  500 0 100 800 0 0 0 600 50 0\n",
           "some avg10=0.00 avg60=0.00 avg300=0.00 total=1250000\n"));
  after.at = before.at + std::chrono::seconds(1);
  EXPECT_DOUBLE_EQ(StolenBetween(before, after).value(), 0.5);
  EXPECT_EQ(LoadInWords(before, after),
            "load 0.52 before, 1.03 after \u00B7 50.0 % of the CPU time stolen \u00B7 some task "
            "waited for a CPU 25 % of the time");
}

TEST_F(MachineLoadTest, WhatIsNotToldIsNotKnown) {
  const MachineLoad nowhere = MachineLoad::Now("/nowhere");
  EXPECT_EQ(LoadInWords(nowhere, nowhere), "not known");
  const MachineLoad odd = MachineLoad::Now(Proc("", "high\n", "cpu 1 2 x 4 5 6 7 8\n", "none\n"));
  EXPECT_EQ(LoadInWords(odd, odd), "not known");
  EXPECT_FALSE(StolenBetween(odd, odd).has_value());
}

TEST_F(MachineLoadTest, ReadsThisMachine) {
  const MachineLoad now = MachineLoad::Now();
  EXPECT_TRUE(now.load.has_value());
  EXPECT_TRUE(now.ticks.has_value());
}

}  // namespace
}  // namespace tare::cli
