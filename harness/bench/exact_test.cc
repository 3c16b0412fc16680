// SPDX-License-Identifier: Apache-2.0
// Planted allocations are counted exactly, and a count that is wrong by one is seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "bench/run_program.h"
#include "result/result.h"
#include "result/write_text.h"
#include "tare/alloc_scope.h"

namespace tare::bench {
namespace {

using result::IntegerTotal;

// Allocations over all iterations of a row, as a function of their number.
using Planted = std::function<int64_t(int64_t iterations)>;

Planted Each(int64_t allocs) {
  return [allocs](int64_t n) { return n * allocs; };
}

// The rows of plants/exact.cc. All but Malloc and Template allocate 16 bytes at a time.
const std::map<std::string, Planted>& Plants() {
  static const auto* const plants = new std::map<std::string, Planted>{
      {"Empty", Each(0)},
      {"EmptyThreads/threads=2", Each(0)},
      {"EmptyThreads/threads=4", Each(0)},
      {"NewThree", Each(3)},
      {"NewThreeThreads/real_time", Each(3)},
      {"NewThreeThreads/real_time/threads=2", Each(3)},
      {"NewThreeThreads/real_time/threads=4", Each(3)},
      {"NewThreeRepeated/repeats:3", Each(3)},
      {"NewThreeProcessTime/min_time:0.002/process_time", Each(3)},
      {"NewThreeWarm/min_time:0.002/min_warmup_time:0.001", Each(3)},
      {"NewThreeFiveIterations/iterations:5/threads=2", Each(3)},
      {"KeepRunning", Each(1)},
      {"KeepRunning/threads=2", Each(1)},
      {"KeepRunningBatch", Each(1)},
      {"EverySeventeenth", [](int64_t n) { return (n + 16) / 17; }},
      {"Malloc", Each(5)},
      {"Paused", Each(2)},
      {"Paused/threads=2", Each(2)},
      {"PausedAtTheEnd", Each(1)},
      {"ManualTime/manual_time", Each(2)},
      {"Template<int64_t,_std::pair<int64_t,_int64_t>>", Each(1)},
      {"Args/few=0/many=8", Each(8)},
      {"Args/few=0/many=64", Each(64)},
      {"Args/few=1/many=8", Each(9)},
      {"Args/few=1/many=64", Each(65)},
      {"Args/few=2/many=8", Each(10)},
      {"Args/few=2/many=64", Each(66)},
      {"ArgsUnnamed/1/2", Each(3)},
      {"ArgsUnnamed/3/4", Each(7)},
      {"Growing/1", Each(1)},
      {"Growing/2", Each(2)},
      {"Growing/4", Each(4)},
      {"Growing/8", Each(8)},
      {"Heavy/Fixture", Each(1)},
      {"NewThreeSetUp", Each(3)},
      {"NewThreeSetUp/threads=2", Each(3)},
      {"OwnCounters/0", Each(1)},
      {"WithHelper/2/min_time:0.002/real_time", Each(2)},
      {"WithHelper/2/min_time:0.002/real_time/threads=2", Each(2)},
      {"WithHelper/2/min_time:0.002/real_time/threads=4", Each(2)},
      {"ShortThreads/real_time", Each(4)},
  };
  return *plants;
}

int64_t PlantedBytes(const std::string& name, int64_t iterations, int64_t allocs) {
  if (name == "Malloc") return iterations * (24 + 100 + 100 + 4 + 4);
  if (name.starts_with("Template")) return iterations * 24;
  return allocs * 16;
}

bool OnlyNewIsCounted() {
  return AllocScope::Covers() == "new";
}

// What of `row` differs from what was planted; empty if nothing does.
std::string Mismatch(const result::Row& row, const Planted& planted) {
  const double* const allocs = row.Find("allocs/op");
  const double* const bytes = row.Find("B/op");
  const double* const usable = row.Find("usable-B/op");
  if (allocs == nullptr || bytes == nullptr || usable == nullptr) return row.name + ": no counts";
  const int64_t want = planted(row.iterations);
  const auto got = IntegerTotal(*allocs, row.iterations);
  if (got != want) {
    return row.name + ": " + std::to_string(want) + " allocations planted in " +
           std::to_string(row.iterations) + " iterations, counted " +
           (got ? std::to_string(*got) : "no integer");
  }
  // The state of a std::thread has the size the library gives it.
  if (row.name == "ShortThreads/real_time") return "";
  const int64_t want_bytes = PlantedBytes(row.name, row.iterations, want);
  const auto got_bytes = IntegerTotal(*bytes, row.iterations);
  if (got_bytes != want_bytes) {
    return row.name + ": " + std::to_string(want_bytes) + " bytes planted, counted " +
           (got_bytes ? std::to_string(*got_bytes) : "no integer");
  }
  return *usable < *bytes && !OnlyNewIsCounted() ? row.name + ": usable-B/op < B/op" : "";
}

// Compares all rows; those of plants that need malloc counted only where it is.
void ExpectPlants(const result::ResultFile& results) {
  std::map<std::string, int> seen;
  for (const result::Row& row : results.rows) {
    ++seen[row.name];
    const auto planted = Plants().find(row.name);
    if (planted == Plants().end()) {
      ADD_FAILURE() << row.name << ": not planted";
      continue;
    }
    if (row.name == "Malloc" && OnlyNewIsCounted()) continue;
    EXPECT_EQ(Mismatch(row, planted->second), "");
  }
  for (const auto& [name, planted] : Plants()) EXPECT_GE(seen[name], 1) << name;
}

bool NothingIsCounted() {
  if (AllocScope::WhyNot().empty()) return false;
  std::cout << "not applicable: " << AllocScope::WhyNot() << "\n";
  return true;
}

TEST(Exact, EveryPlantIsCountedWhileTimed) {
  if (NothingIsCounted()) return;
  const Finished finished = RunProgram(EXACT_PLANTS, {"--benchmark_min_time=0.002"});
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const result::ResultFile results = ReadResults(finished);
  ExpectPlants(results);
  for (const result::Row& row : results.rows) {
    ASSERT_NE(row.Find("ns/op"), nullptr) << row.name;
    EXPECT_GT(*row.Find("ns/op"), 0) << row.name;
    EXPECT_NE(row.Find("cpu-ns/op"), nullptr) << row.name;
  }
}

TEST(Exact, EveryPlantIsCountedByCountsOnly) {
  if (NothingIsCounted()) return;
  const Finished finished = RunProgram(EXACT_PLANTS, {"--counts-only"});
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const result::ResultFile results = ReadResults(finished);
  EXPECT_THAT(results.notes, testing::IsEmpty());
  ExpectPlants(results);
  for (const result::Row& row : results.rows) {
    EXPECT_EQ(row.Find("ns/op"), nullptr) << row.name;
    EXPECT_EQ(row.Find("cpu-ns/op"), nullptr) << row.name;
  }
}

// The exact units of what --counts-only prints.
std::string ExactText(const Finished& finished) {
  result::ResultFile results = ReadResults(finished);
  for (result::Row& row : results.rows) {
    std::erase_if(row.values,
                  [&](const result::Value& value) { return !results.units.IsExact(value.unit); });
  }
  return result::FormatText(results);
}

// Nothing exact depends on when it is counted. (How many iterations fit into 0.1 s does, for a row
// that waits for other threads on a busy machine: those are left out.)
TEST(Exact, CountsOnlyIsTheSameTwice) {
  if (NothingIsCounted()) return;
  const std::vector<std::string> args = {"--counts-only", "--benchmark_filter=-Short|Helper"};
  EXPECT_EQ(ExactText(RunProgram(EXACT_PLANTS, args)), ExactText(RunProgram(EXACT_PLANTS, args)));
}

// The comparison above is not blind: one stray allocation in all iterations is named.
TEST(Exact, OneAllocationTooManyIsSeen) {
  if (NothingIsCounted()) return;
  for (const char* mode : {"--benchmark_min_time=0.01", "--counts-only"}) {
    const Finished finished = RunProgram(OUTCOME_PLANTS, {mode, "--benchmark_filter=OffByOne"});
    const result::ResultFile results = ReadResults(finished);
    ASSERT_EQ(results.rows.size(), 1u) << finished.out << finished.err;
    const result::Row& row = results.rows[0];
    EXPECT_EQ(Mismatch(row, Each(2)), "OffByOne: " + std::to_string(2 * row.iterations) +
                                          " allocations planted in " +
                                          std::to_string(row.iterations) + " iterations, counted " +
                                          std::to_string(2 * row.iterations + 1));
  }
}

TEST(Exact, MeterCountsInAProgramWithItsOwnMain) {
  if (NothingIsCounted()) return;
  const Finished finished = RunProgram(METERED_PLANTS, {"--benchmark_min_time=0.002"});
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const result::ResultFile results = ReadResults(finished);
  ASSERT_EQ(results.rows.size(), 5u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Mismatch(results.rows[i], Each(2)), "");
  EXPECT_EQ(results.rows[2].name, "Metered/threads:4");
  EXPECT_EQ(Mismatch(results.rows[3], Each(3)), "");
  EXPECT_EQ(*results.rows[3].Find("own-allocs/op"), 2);
  EXPECT_EQ(*results.rows[3].Find("lib-allocs/op"), 1);
  EXPECT_EQ(results.rows[2].Find("lib-allocs/op"), nullptr);
  EXPECT_EQ(Mismatch(results.rows[4], Each(1)), "Unmetered: no counts");
  EXPECT_THAT(results.notes, testing::ElementsAre("error Skipped: skipped"));
}

// The link options of tare::benchmem left out: the meter says that it saw nothing.
TEST(Exact, MeterWithoutTheLinkOptionsIsAnError) {
  const Finished finished =
      RunProgram(UNWRAPPED_PLANTS, {"--benchmark_min_time=0.002", "--benchmark_filter=Metered/"});
  EXPECT_THAT(finished.out, testing::HasSubstr("# error Metered/threads:1: tare::Meter did not"));
  EXPECT_THAT(finished.out, testing::Not(testing::HasSubstr("allocs/op")));
}

}  // namespace
}  // namespace tare::bench
