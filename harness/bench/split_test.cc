// SPDX-License-Identifier: Apache-2.0
// The units that split allocations between us and a library: exact, and only of who asks for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "bench/run_program.h"
#include "result/read_gbench_json.h"
#include "result/read_text.h"
#include "result/result.h"
#include "result/unit.h"
#include "tare/alloc_scope.h"

namespace tare::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

bool NothingIsCounted() {
  if (!AllocScope::WhyNot().empty()) {
    std::cout << "not applicable: " << AllocScope::WhyNot() << "\n";
  }
  return !AllocScope::WhyNot().empty();
}

// Of an operation, in the order of the units.
using Costs = std::map<std::string, double>;

Costs Split(double own, double library, double own_bytes, double library_bytes) {
  return {{"allocs/op", own + library}, {"B/op", own_bytes + library_bytes},
          {"own-allocs/op", own},       {"lib-allocs/op", library},
          {"own-B/op", own_bytes},      {"lib-B/op", library_bytes}};
}

Costs Together(double allocs, double bytes) {
  return {{"allocs/op", allocs}, {"B/op", bytes}};
}

// The rows of plants/library.cc.
const std::map<std::string, Costs>& Plants() {
  static const auto* const plants = new std::map<std::string, Costs>{
      {"Apart", Split(7, 5, 7 * 16, 5 * 32)},
      {"Apart/threads=3", Split(7, 5, 7 * 16, 5 * 32)},
      {"Together", Together(12, 7 * 16 + 5 * 32)},
      {"WithoutALibrary", Split(2, 0, 2 * 16, 0)},
      {"Paused", Split(0, 2, 0, 2 * 32)},
      {"Throughout", Split(0, 1, 0, 32)},
      {"WithHelper/real_time",
       Split(8, 5, 0, 5 * 32)},  // what std::thread's state takes is not ours
  };
  return *plants;
}

// The units of `row` that are looked at here, but for bytes of ours where they are not known.
Costs CostsOf(const result::Row& row) {
  Costs costs;
  const bool bytes_are_known = !row.name.starts_with("WithHelper");
  for (const result::Value& value : row.values) {
    if (value.unit != "allocs/op" && value.unit != "B/op" && !result::IsSplitUnit(value.unit)) {
      continue;
    }
    const bool has_ours = value.unit == "B/op" || value.unit == "own-B/op";
    costs[value.unit] = has_ours && !bytes_are_known ? 0 : value.value;
  }
  if (!bytes_are_known) costs["B/op"] = costs["lib-B/op"];
  return costs;
}

void ExpectPlants(const std::vector<result::Row>& rows) {
  ASSERT_EQ(rows.size(), Plants().size());
  for (const result::Row& row : rows) {
    const auto planted = Plants().find(row.name);
    ASSERT_NE(planted, Plants().end()) << row.name;
    EXPECT_EQ(CostsOf(row), planted->second) << row.name;
  }
}

TEST(Split, OursAndTheLibrarysAreCountedExactly) {
  if (NothingIsCounted()) return;
  for (const char* mode : {"--counts-only", "--benchmark_min_time=0.002"}) {
    const Finished finished = RunProgram(LIBRARY_PLANTS, {mode});
    EXPECT_EQ(finished.exit_status, 0) << finished.err;
    const result::ResultFile results = ReadResults(finished);
    EXPECT_THAT(results.notes, testing::IsEmpty()) << mode;
    ExpectPlants(results.rows);
    for (const char* unit : {"own-allocs/op", "lib-allocs/op", "own-B/op", "lib-B/op"}) {
      EXPECT_TRUE(results.units.IsExact(unit)) << unit;
      EXPECT_EQ(results.units.Find(unit)->better(), result::Better::kLower) << unit;
    }
  }
}

TEST(Split, GoogleBenchmarksReportersHaveThem) {
  if (NothingIsCounted()) return;
  const Finished finished =
      RunProgram(LIBRARY_PLANTS, {"--benchmark_format=json", "--benchmark_min_time=0.002"});
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const result::ReadOutcome read = result::ReadGbenchJson(finished.out, "out.json");
  EXPECT_THAT(read.errors, testing::IsEmpty());
  ExpectPlants(read.file.rows);
}

// Of a program without a row that asks nothing of it is to be seen.
TEST(Split, WhoDoesNotAskSeesNothing) {
  for (const char* mode : {"--counts-only", "--benchmark_min_time=0.002"}) {
    const Finished finished = RunProgram(LIBRARY_PLANTS, {mode, "--benchmark_filter=Together"});
    EXPECT_EQ(finished.exit_status, 0) << finished.err;
    EXPECT_THAT(finished.out, Not(HasSubstr("own-"))) << mode;
    EXPECT_THAT(finished.out, Not(HasSubstr("lib-"))) << mode;
  }
}

TEST(Split, TheUnitsAreDescribedBeforeTheFirstRowThatHasThem) {
  if (NothingIsCounted()) return;
  const std::string out =
      RunProgram(LIBRARY_PLANTS, {"--counts-only", "--benchmark_filter=Together|Apart|Paused"}).out;
  const std::string line = "Unit lib-allocs/op assume=exact better=lower\n";
  ASSERT_THAT(out, HasSubstr(line));
  EXPECT_LT(out.find(line), out.find(" lib-allocs/op", out.find("BenchmarkApart")));
  EXPECT_EQ(out.find(line), out.rfind(line)) << out;
}

TEST(Split, ARunThatWasSkippedAsksForNobodyElse) {
  if (NothingIsCounted()) return;
  for (const char* mode : {"--counts-only", "--benchmark_min_time=0.002"}) {
    const Finished finished =
        RunProgram(LIBRARY_OUTCOME_PLANTS, {mode, "--benchmark_filter=Skipped|Together"});
    EXPECT_EQ(finished.exit_status, 1) << mode;
    const result::ResultFile results = ReadResults(finished);
    EXPECT_THAT(finished.out, HasSubstr("# error Skipped: skipped\n"));
    ASSERT_EQ(results.rows.size(), 1u);
    EXPECT_EQ(CostsOf(results.rows[0]), Together(1, 16));
  }
}

// The totals are the same in both runs, and the row is not.
TEST(Split, AnAllocationThatChangesSidesIsUnstable) {
  if (NothingIsCounted()) return;
  const Finished finished =
      RunProgram(LIBRARY_OUTCOME_PLANTS, {"--counts-only", "--benchmark_filter=Unstable"});
  EXPECT_THAT(finished.out, testing::ContainsRegex(
                                "# unstable Unstable/iterations:1000: allocs/op 1000/1000 then "
                                "1000/1000, .*own-allocs/op [01]/1000 then [01]/1000, "
                                "lib-allocs/op (999|1000)/1000 then (999|1000)/1000"));
}

TEST(Split, ACounterOfThatNameIsLeftToTheBenchmarkThatDoesNotAsk) {
  if (NothingIsCounted()) return;
  for (const char* mode : {"--counts-only", "--benchmark_min_time=0.002"}) {
    const Finished finished =
        RunProgram(LIBRARY_OUTCOME_PLANTS, {mode, "--benchmark_filter=OwnCounter"});
    EXPECT_EQ(finished.exit_status, 0) << finished.out;
    const result::ResultFile results = ReadResults(finished);
    ASSERT_EQ(results.rows.size(), 1u);
    EXPECT_EQ(results.rows[0].Find("own-allocs/op"), nullptr);
  }
}

TEST(Split, APlantShowsOnItsSideAlone) {
  if (NothingIsCounted()) return;
  const Finished finished =
      RunProgram(LIBRARY_PLANTS, {"--counts-only", "--benchmark_filter=^(Apart|Throughout)(/|$)",
                                  "--tare_iterations=300", "--tare_plant=alloc,bytes,library"});
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  std::map<std::string, Costs> planted;
  for (const std::string& note : ReadResults(finished).notes) {
    const size_t colon = note.find(": ");
    const auto row = result::ReadText(note.substr(colon + 2) + "\n", "note");
    ASSERT_EQ(row.file.rows.size(), 1u) << note;
    planted[note.substr(0, colon)] = CostsOf(row.file.rows[0]);
  }
  const auto of = [](int own, int library, int own_bytes, int library_bytes) {
    Costs costs;
    const std::pair<const char*, int> totals[] = {
        {"allocs/op", own + library}, {"B/op", own_bytes + library_bytes},
        {"own-allocs/op", own},       {"lib-allocs/op", library},
        {"own-B/op", own_bytes},      {"lib-B/op", library_bytes}};
    for (const auto& [unit, total] : totals) costs[unit] = total / 300.0;
    return costs;
  };
  const int own = 7 * 300, library = 5 * 300, own_bytes = 112 * 300, library_bytes = 160 * 300;
  for (const std::string name : {"Apart", "Apart/threads=3"}) {
    EXPECT_EQ(planted["planted alloc " + name],
              of(own + 1, library, own_bytes + 16, library_bytes));
    EXPECT_EQ(planted["planted bytes " + name], of(own, library, own_bytes + 16, library_bytes));
    EXPECT_EQ(planted["planted library " + name],
              of(own, library + 1, own_bytes, library_bytes + 16));
  }
  // Whose scope is open where it is made says nothing.
  EXPECT_EQ(planted["planted alloc Throughout"], of(1, 300, 16, 32 * 300));
  EXPECT_EQ(planted["planted library Throughout"], of(0, 301, 0, 32 * 300 + 16));
}

}  // namespace
}  // namespace tare::bench
