// SPDX-License-Identifier: Apache-2.0
// Each planted fault shows in its own unit and in no other; what a run leaves behind is counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "bench/run_program.h"
#include "result/read_text.h"
#include "result/result.h"
#include "tare/alloc_scope.h"

namespace tare::bench {
namespace {

using Costs = std::map<std::string, double>;

Costs CostsOf(const result::Row& row) {
  Costs costs;
  for (const result::Value& value : row.values) {
    if (value.unit != "syscalls/op") costs[value.unit] = value.value;
  }
  return costs;
}

// What one row of plants/exact.cc costs, unit by unit, but for system calls: as it is, and with a
// plant where one is named.
Costs Count(const std::string& gbench_name, const std::string& plant) {
  std::vector<std::string> args = {"--counts-only", "--benchmark_filter=^" + gbench_name + "$"};
  if (!plant.empty()) args.push_back("--tare_plant=" + plant);
  const Finished finished = RunProgram(EXACT_PLANTS, args);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const result::ResultFile results = ReadResults(finished);
  EXPECT_EQ(results.rows.size(), 1u) << finished.out;
  if (results.rows.empty()) return {};
  if (plant.empty()) return CostsOf(results.rows[0]);
  for (const std::string& note : results.notes) {
    const std::string begin = "planted " + plant + " " + results.rows[0].name + ": ";
    if (!note.starts_with(begin)) continue;
    const auto planted = result::ReadText(note.substr(begin.size()) + "\n", "note");
    EXPECT_EQ(planted.file.rows.size(), 1u) << note;
    if (!planted.file.rows.empty()) return CostsOf(planted.file.rows[0]);
  }
  ADD_FAILURE() << plant << " was not planted: " << finished.out;
  return {};
}

bool NothingIsCounted() {
  if (AllocScope::Covers() == "malloc+new") return false;
  std::cout << "not applicable: " << AllocScope::WhyNot() << "\n";
  return true;
}

Costs ThreePerOp() {
  return {{"allocs/op", 3}, {"B/op", 48}, {"usable-B/op", 48}, {"fds-left", 0}, {"live-B", 0}};
}

TEST(Plant, WithoutOneNothingIsLeftBehind) {
  if (NothingIsCounted()) return;
  EXPECT_EQ(Count("NewThree", ""), ThreePerOp());
  EXPECT_EQ(Count("NewThreeThreads/real_time/threads:4", ""), ThreePerOp());
}

TEST(Plant, OneAllocationInARunIsSeen) {
  if (NothingIsCounted()) return;
  Costs costs = ThreePerOp();
  costs["allocs/op"] = 3.001;
  costs["B/op"] = costs["usable-B/op"] = 48.016;
  EXPECT_EQ(Count("NewThree", "alloc"), costs);
  costs["allocs/op"] = 3.00025;  // of 4,000 iterations: one thread makes it
  costs["B/op"] = costs["usable-B/op"] = 48.004;
  EXPECT_EQ(Count("NewThreeThreads/real_time/threads:4", "alloc"), costs);
}

TEST(Plant, OneAllocationInEachIterationIsSeen) {
  if (NothingIsCounted()) return;
  Costs costs = ThreePerOp();
  costs["allocs/op"] = 4;
  costs["B/op"] = costs["usable-B/op"] = 64;
  EXPECT_EQ(Count("NewThree", "alloc-per-op"), costs);
  EXPECT_EQ(Count("NewThreeThreads/real_time/threads:4", "alloc-per-op"), costs);
  // A loop that ends in a pause, and one that a benchmark runs itself.
  EXPECT_EQ(Count("PausedAtTheEnd", "alloc-per-op")["allocs/op"], 2);
  EXPECT_EQ(Count("KeepRunning/threads:2", "alloc-per-op")["allocs/op"], 2);
}

TEST(Plant, SixteenBytesMoreAreSeenWithoutAnAllocationMore) {
  if (NothingIsCounted()) return;
  Costs costs = ThreePerOp();
  costs["B/op"] = costs["usable-B/op"] = 48.016;
  EXPECT_EQ(Count("NewThree", "bytes"), costs);
}

TEST(Plant, WhatIsLeftOpenOrAliveIsSeen) {
  if (NothingIsCounted()) return;
  Costs costs = ThreePerOp();
  costs["fds-left"] = 1;
  EXPECT_EQ(Count("NewThree", "descriptor"), costs);
  EXPECT_EQ(Count("NewThreeThreads/real_time/threads:4", "descriptor"), costs);
  costs["fds-left"] = 0;
  costs["live-B"] = 16;
  EXPECT_EQ(Count("NewThree", "block"), costs);
}

TEST(Plant, EachIsARunOfItsOwnAndTheRowIsAsEver) {
  if (NothingIsCounted()) return;
  const Finished finished = RunProgram(
      EXACT_PLANTS,
      {"--counts-only", "--benchmark_filter=NewThree$", "--tare_plant=alloc,descriptor,block"});
  const result::ResultFile results = ReadResults(finished);
  ASSERT_EQ(results.rows.size(), 1u) << finished.out;
  EXPECT_EQ(CostsOf(results.rows[0]), ThreePerOp());
  ASSERT_EQ(results.notes.size(), 3u) << finished.out;
  EXPECT_THAT(results.notes[1], testing::HasSubstr(" 1 fds-left"));
  EXPECT_THAT(results.notes[2], testing::HasSubstr(" 0 fds-left"));  // of this run alone
}

}  // namespace
}  // namespace tare::bench
