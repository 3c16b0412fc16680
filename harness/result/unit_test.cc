// SPDX-License-Identifier: Apache-2.0
// Units: the first value wins, unknown keys are kept, and what is not said is not assumed.
#include "result/unit.h"

#include <gtest/gtest.h>

namespace tare::result {
namespace {

TEST(UnitsTest, NothingIsAssumedOfAnUnknownUnit) {
  Units units;
  EXPECT_EQ(units.Find("ns/op"), nullptr);
  EXPECT_FALSE(units.IsExact("ns/op"));
}

TEST(UnitsTest, InterpretsAssumeAndBetter) {
  Units units;
  EXPECT_EQ(units.Set("allocs/op", "assume", "exact"), "");
  EXPECT_EQ(units.Set("allocs/op", "better", "lower"), "");
  EXPECT_EQ(units.Set("B/s", "better", "higher"), "");
  EXPECT_TRUE(units.IsExact("allocs/op"));
  EXPECT_EQ(units.Find("allocs/op")->better(), Better::kLower);
  EXPECT_EQ(units.Find("B/s")->better(), Better::kHigher);
  EXPECT_EQ(units.Find("B/s")->assume(), Assume::kNothing);
}

TEST(UnitsTest, FirstValueWinsAndADifferingOneIsNamed) {
  Units units;
  EXPECT_EQ(units.Set("ns/op", "better", "lower"), "");
  EXPECT_EQ(units.Set("ns/op", "better", "lower"), "");
  EXPECT_EQ(units.Set("ns/op", "better", "higher"),
            "metadata better of unit ns/op already set to lower");
  EXPECT_EQ(units.Find("ns/op")->better(), Better::kLower);
}

TEST(UnitsTest, ThroughputIsBetterHigherByItsName) {
  for (const char* unit :
       {"MB/s", "B/s", "GiB/s", "kB/sec", "Mbit/s", "bytes_per_second", "items_per_second", "op/s",
        "ops/s", "requests/s", "msgs/sec", "rows/second", "lines_per_second"}) {
    EXPECT_EQ(BetterByName(unit), Better::kHigher) << unit;
  }
  // A rate is no throughput because of its second alone; nor is a counter of someone's own known.
  for (const char* unit : {"errors/s", "faults_per_second", "dropped-B/s", "apples", "/s", "s",
                           "m/s", "", "hits", "MB", "items"}) {
    EXPECT_EQ(BetterByName(unit), Better::kUnknown) << unit;
  }
  for (const char* unit : {"ns/op", "cpu-ns/op", "allocs/op", "B/op", "usable-B/op", "syscalls/op",
                           "fds-left", "live-B", "sec/op", "ms/op", "p99-ns/op"}) {
    EXPECT_EQ(BetterByName(unit), Better::kLower) << unit;
  }
}

TEST(UnitsTest, EveryUnitThatTareWritesIsKnown) {
  for (const std::string_view unit :
       {kNsPerOp, kCpuNsPerOp, kAllocsPerOp, kBytesPerOp, kUsableBytesPerOp, kSyscallsPerOp,
        kDescriptorsLeft, kBytesLeft, kPeakBytes, kOwnAllocsPerOp, kLibraryAllocsPerOp,
        kOwnBytesPerOp, kLibraryBytesPerOp}) {
    EXPECT_TRUE(IsKnownUnit(unit)) << unit;
    EXPECT_EQ(BetterByName(unit), Better::kLower) << unit;
  }
  EXPECT_FALSE(IsKnownUnit("MB/s"));
}

// Exact, also where a file does not say so.
TEST(UnitsTest, WhatSplitsAnExactUnitIsExact) {
  for (const char* unit : {"own-allocs/op", "lib-allocs/op", "own-B/op", "lib-B/op"}) {
    EXPECT_TRUE(IsExactUnit(unit)) << unit;
    EXPECT_TRUE(IsSplitUnit(unit)) << unit;
    EXPECT_FALSE(IsOwnCounter(unit, {})) << unit;
  }
  for (const char* unit : {"allocs/op", "B/op", "usable-B/op", "own-usable-B/op"}) {
    EXPECT_FALSE(IsSplitUnit(unit)) << unit;
  }
}

TEST(UnitsTest, KeepsKeysItDoesNotInterpret) {
  Units units;
  EXPECT_EQ(units.Set("fds-left", "scope", "process"), "");
  ASSERT_NE(units.Find("fds-left")->Find("scope"), nullptr);
  EXPECT_EQ(*units.Find("fds-left")->Find("scope"), "process");
}

}  // namespace
}  // namespace tare::result
