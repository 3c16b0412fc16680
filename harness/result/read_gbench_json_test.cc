// SPDX-License-Identifier: Apache-2.0
// Google Benchmark's JSON: names, times, counts that stay integers, and what cannot be read.
#include "result/read_gbench_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "result/check.h"
#include "result/json.h"

namespace tare::result {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// As Google Benchmark 1.7.1 writes it.
constexpr char kFile[] = R"({
  "context": {
    "date": "2026-11-21T10:00:00+00:00",
    "executable": "./bench_words",
    "num_cpus": 2,
    "load_avg": [0.1,0.2,0.3],
    "library_build_type": "debug"
  },
  "benchmarks": [
    {
      "name": "Split/bytes:64/min_time:0.002/real_time/threads:2",
      "family_index": 0,
      "per_family_instance_index": 0,
      "run_name": "Split/bytes:64/min_time:0.002/real_time/threads:2",
      "run_type": "iteration",
      "repetitions": 1,
      "repetition_index": 0,
      "threads": 2,
      "iterations": 9007199254740993,
      "real_time": 1.5000000000000000e+00,
      "cpu_time": 3.0000000000000000e+00,
      "time_unit": "us",
      "allocs/op": 1.0000000000000000e-03,
      "items per second": 5.0e+6
    },
    {
      "name": "Split_mean",
      "run_name": "Split",
      "run_type": "aggregate",
      "iterations": 3,
      "real_time": 1.0,
      "cpu_time": 1.0,
      "time_unit": "ns"
    },
    {
      "name": "Ring",
      "run_name": "Ring",
      "run_type": "iteration",
      "error_occurred": true,
      "error_message": "not applicable: no io_uring\nhere"
    },
    {
      "name": "Broken",
      "run_name": "Broken",
      "run_type": "iteration",
      "error_occurred": true,
      "error_message": "wrong answer"
    }
  ]
}
)";

TEST(GbenchJson, RowsHaveNamesTimesAndCounts) {
  const ReadOutcome outcome = ReadResults(kFile, "f.json");
  EXPECT_THAT(outcome.errors, IsEmpty());
  ASSERT_EQ(outcome.file.rows.size(), 1u);
  const Row& row = outcome.file.rows[0];
  EXPECT_EQ(row.name, "Split/bytes=64/min_time:0.002/real_time/threads=2");
  EXPECT_EQ(row.iterations, 9007199254740993) << "a detour over a double";
  EXPECT_EQ(*row.Find("ns/op"), 1500);
  EXPECT_EQ(*row.Find("cpu-ns/op"), 3000);
  EXPECT_EQ(*row.Find("items_per_second"), 5e6);
  EXPECT_EQ(IntegerTotal(*row.Find("allocs/op"), 1000), 1);
  EXPECT_THAT(outcome.row_lines, ElementsAre(10));
  EXPECT_TRUE(outcome.file.units.IsExact("allocs/op"));
  EXPECT_FALSE(outcome.file.units.IsExact("items_per_second"));
  EXPECT_EQ(*outcome.file.config.Find("gbench-build"), "debug");
  EXPECT_THAT(outcome.file.notes,
              ElementsAre("absent Ring: no io_uring here", "error Broken: wrong answer",
                          "absent Split: aggregates alone, and no run that they were made of"));
}

std::vector<std::string> Names(const ReadOutcome& outcome) {
  std::vector<std::string> names;
  for (const Row& row : outcome.file.rows) names.push_back(row.name);
  return names;
}

// A file of testdata/, by its name.
ReadOutcome Read(const std::string& name) {
  const std::string path = std::string(TESTDATA) + "/" + name;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ReadOutcome outcome = ReadResults(text, name);
  EXPECT_THAT(FindFaults(text, name, outcome), IsEmpty());
  return outcome;
}

TEST(GbenchJson, WhatWasSkippedIsAbsentForItsMessage) {
  const ReadOutcome ran = Read("ran.json"), skipped = Read("skipped.json");
  EXPECT_THAT(Names(ran), ElementsAre("Gpu", "Cpu"));
  EXPECT_THAT(Names(skipped), ElementsAre("Cpu"));
  EXPECT_THAT(skipped.file.notes, ElementsAre("absent Gpu: no GPU here"));
}

TEST(GbenchJson, HowABenchmarkIsRunTellsRowsApart) {
  EXPECT_THAT(Names(Read("iterations.json")),
              ElementsAre("Work/iterations:10", "Work/iterations:100000"));
  EXPECT_THAT(Names(Read("min-time.json")),
              ElementsAre("Work/min_time:0.010", "Work/min_time:2.000"));
}

TEST(GbenchJson, TheContextBecomesKeys) {
  using Entry = Config::Entry;
  EXPECT_THAT(Read("laptop.json").file.config.entries(),
              ElementsAre(Entry("gbench-build", "release"), Entry("host_name", "laptop"),
                          Entry("num_cpus", "2"), Entry("mhz_per_cpu", "1200"),
                          Entry("cpu_scaling_enabled", "true")));
}

TEST(GbenchJson, AByteOrderMarkLosesNothing) {
  EXPECT_THAT(Names(Read("bom.json")), ElementsAre("A"));
  EXPECT_THAT(Names(Read("bom.txt")), ElementsAre("First-8", "A-8"));
  EXPECT_EQ(*Read("bom-key.txt").file.config.Find("cpu"), "Some CPU");
}

TEST(GbenchJson, ACounterThatIsNoNumberCostsItselfAlone) {
  const ReadOutcome outcome = Read("nan-counter.json");
  ASSERT_THAT(Names(outcome), ElementsAre("A", "B"));
  EXPECT_EQ(*outcome.file.rows[0].Find("ns/op"), 102);
  EXPECT_EQ(outcome.file.rows[0].Find("hit_rate"), nullptr);
  EXPECT_EQ(*outcome.file.rows[1].Find("hit_rate"), 0.5);
  EXPECT_THAT(outcome.remarks, ElementsAre("nan-counter.json:20: A: hit_rate is NaN, which is no "
                                           "measurement: left out, the row is kept"));
  EXPECT_THAT(outcome.file.notes,
              ElementsAre("note A: hit_rate is NaN, which is no measurement; left out"));
  // As text has it.
  const ReadOutcome text = ReadText("BenchmarkA 1 5 ns/op NaN hit_rate\n", "t");
  EXPECT_THAT(text.remarks, ElementsAre("t:1: A: hit_rate is NaN, which is no measurement: left "
                                        "out, the row is kept"));
  EXPECT_EQ(text.file.rows[0].values.size(), 1u);
  for (const char* row : {"BenchmarkA 1 NaN ns/op 5 hit_rate\n", "BenchmarkA 1 NaN hit_rate\n"}) {
    EXPECT_THAT(FindFaults(row, "t", ReadText(row, "t")),
                ElementsAre(HasSubstr(" is NaN, which is no measurement")));
  }
}

TEST(GbenchJson, OfVersion154) {
  const ReadOutcome outcome = Read("version-1.5.4.json");
  // Two repetitions of one benchmark, then another of the same name.
  EXPECT_THAT(Names(outcome), ElementsAre("Sort/n=8", "Sort/n=8", "Sort/n=8#01"));
  EXPECT_EQ(*outcome.file.rows[2].Find("bytes_per_second"), 1e300);
  EXPECT_EQ(*outcome.file.config.Find("git_commit"), "abc: def");
  EXPECT_EQ(*outcome.file.config.Find("compiler"), "g++-10.2");
  EXPECT_EQ(outcome.file.config.Find("load_avg"), nullptr);
  EXPECT_THAT(outcome.remarks, IsEmpty());
}

TEST(GbenchJson, OfVersion183) {
  const ReadOutcome outcome = Read("version-1.8.3.json");
  ASSERT_THAT(Names(outcome), ElementsAre("Fill/8/min_warmup_time:0.100/process_time/real_time",
                                          "Twice/64/threads=2", "Twice/64/threads=2#01"));
  // Each counter that has another's name, or is infinite, is left out and named.
  const Row& fill = outcome.file.rows[0];
  const std::vector<Value> values = {
      {1e6, "ns/op"}, {0.9e6, "cpu-ns/op"},   {1e6, "items_per_second"},
      {5, "label"},   {2, "allocs_per_iter"}, {96, "max_bytes_used"}};
  EXPECT_EQ(fill.values, values);
  const char* const kOwn = " is a counter that has the name of another value";
  EXPECT_THAT(outcome.remarks,
              ElementsAre(HasSubstr(std::string(":30: ") + fill.name + ": items_per_second" + kOwn),
                          HasSubstr(std::string("ns/op") + kOwn),
                          HasSubstr(std::string("real_time") + kOwn),
                          HasSubstr(std::string("threads") + kOwn), HasSubstr("too is Infinity"),
                          HasSubstr("low is -Infinity"), HasSubstr("none is NaN")));
  EXPECT_THAT(outcome.file.notes,
              testing::IsSupersetOf({"label " + fill.name + ": two words",
                                     std::string("error Fails/repeats:2: wrong answer"),
                                     std::string("absent Skips/manual_time: needs two cards")}));
  EXPECT_EQ(outcome.file.notes.size(), 7u + 3u);
  EXPECT_EQ(*outcome.file.config.Find("build"), "42");
}

// It does not vanish, and its number is not given to another.
TEST(GbenchJson, ABenchmarkWithAggregatesAloneIsAbsent) {
  const auto run = [](const std::string& type, int family, const std::string& more) {
    return "\n{\"name\": \"A\", \"run_name\": \"A\", \"run_type\": \"" + type +
           "\", \"family_index\": " + std::to_string(family) +
           ", \"per_family_instance_index\": 0, \"iterations\": 1, \"real_time\": 1, "
           "\"time_unit\": \"ns\"" +
           more + "}";
  };
  const ReadOutcome outcome = ReadGbenchJson(
      "{\"benchmarks\": [" + run("aggregate", 0, ", \"aggregate_name\": \"mean\"") + "," +
          run("iteration", 1, "") + "," + run("aggregate", 1, ", \"aggregate_name\": \"mean\"") +
          "," + run("aggregate", 2, ", \"big_o\": \"N\"") + "]}",
      "f");
  EXPECT_THAT(Names(outcome), ElementsAre("A#01"));
  EXPECT_THAT(outcome.file.notes,
              ElementsAre("absent A: aggregates alone, and no run that they were made of"));
  EXPECT_THAT(outcome.remarks,
              ElementsAre("f:2: A has aggregates alone, and no run that they were made of"));
}

// The same name, the same indices: runs that a script has put together. Without indices as well.
TEST(GbenchJson, WhatHasOneIndexIsOneBenchmark) {
  const auto names = [](const std::string& indices) {
    const std::string run = "{\"name\": \"A\", \"run_name\": \"A\", " + indices +
                            "\"iterations\": 1, \"real_time\": 1, \"time_unit\": \"ns\"}";
    return Names(ReadGbenchJson("{\"benchmarks\": [" + run + ",\n" + run + "]}", "f"));
  };
  EXPECT_THAT(names("\"family_index\": 0, \"per_family_instance_index\": 0, "
                    "\"repetition_index\": 0, "),
              ElementsAre("A", "A"));
  EXPECT_THAT(names(""), ElementsAre("A", "A"));
  EXPECT_THAT(names("\"repetition_index\": 0, "), ElementsAre("A", "A#01"));
}

std::string ErrorOf(std::string_view text) {
  const ReadOutcome outcome = ReadGbenchJson(text, "f");
  EXPECT_THAT(outcome.file.rows, IsEmpty());
  return outcome.errors.size() == 1 ? outcome.errors[0] : "not one error";
}

TEST(GbenchJson, WhatCannotBeReadIsNamedWithItsLine) {
  const std::string text = kFile;
  EXPECT_THAT(ErrorOf(text.substr(0, text.size() / 2)), HasSubstr("truncated"));
  EXPECT_EQ(ErrorOf("{}"), "f:1: no array \"benchmarks\": this is not Google Benchmark's JSON");
  EXPECT_EQ(ErrorOf("{\n\"benchmarks\": [\n3]}"), "f:3: a run is an object");
  EXPECT_EQ(ErrorOf("{\"benchmarks\": [\n{\"name\": \"A\", \"iterations\":\n 1.5}]}"),
            "f:3: iterations of A are no integer");
  EXPECT_EQ(ErrorOf("{\"benchmarks\": [{\"name\": \"A\", \"iterations\": 1}]}"),
            "f:1: no measurement of A");
  EXPECT_EQ(ErrorOf("{\"benchmarks\": [{\"name\": \"A\", \"iterations\": 1, \"real_time\": 1, "
                    "\"time_unit\": \"h\"}]}"),
            "f:1: unknown time_unit of A");
  EXPECT_EQ(ErrorOf("{\"benchmarks\": [{\"name\": \"A\", \"iterations\": 1, \"x\": 1e999}]}"),
            "f:1: no measurement of A");
  EXPECT_EQ(ErrorOf("{\"benchmarks\": [{\"name\": \"A\", \"iterations\": 1, \"real_time\": null, "
                    "\"time_unit\": \"ns\"}]}"),
            "f:1: real_time of A is no number");
  EXPECT_EQ(ErrorOf("{\"benchmarks\": [{\"name\": \"A\"}]}"),
            "f:1: A has no measurement: it is listed only");
  EXPECT_THAT(ErrorOf("{\"benchmarks\": [{\"name\": \"A_mean\", \"run_type\": \"aggregate\"}]}"),
              HasSubstr("f:1: nothing but aggregates"));
}

JsonError ErrorIn(std::string_view text) {
  JsonValue value;
  return ParseJson(text, &value);
}

TEST(Json, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "{",
                           "[1,]",
                           "{\"a\" 1}",
                           "{a: 1}",
                           "[1 2]",
                           "\"\n\"",
                           "\"\\x\"",
                           "\"\\ud800\"",
                           "01x",
                           "1.",
                           "1e",
                           "-",
                           "nul",
                           "{} {}",
                           "\"a",
                           "[\"\\u12",
                           "\"\\ud800\\u0041\"",
                           "\"\\ud800\\ue000\"",
                           "{\"a\": 1 \"b\": 2}",
                           "[{\"context\": {\"a\": 1 \"b\": 2}}]",
                           "{\"context\": {\"a\": {\"b\": 1 \"c\": 2}}}",
                           "{\"context\": {\"a\": 1 2}}"}) {
    EXPECT_NE(ErrorIn(text).line, 0) << text;
  }
  EXPECT_EQ(ErrorIn(std::string(100, '[')).what, "nested more than 64 deep");
  EXPECT_EQ(ErrorIn("[1,\n2,\n}").line, 3);
}

TEST(Json, ReadsWhatIsOne) {
  JsonValue value;
  ASSERT_EQ(
      ParseJson("[\"\\u00e9\\ud83d\\ude00\\n\", -0.5e-3, true, null, NaN, {\"a\": []}]", &value)
          .line,
      0);
  EXPECT_EQ(value.items[0].text, "\u00e9\U0001F600\n");
  EXPECT_EQ(value.items[1].text, "-0.5e-3");
  EXPECT_EQ(value.items[4].kind, JsonValue::Kind::kNumber);
  EXPECT_NE(value.items[5].Find("a"), nullptr);
}

TEST(GbenchJson, EveryUnitOfTimeBecomesNanoseconds) {
  const std::pair<const char*, double> units[] = {{"ns", 2}, {"us", 2e3}, {"ms", 2e6}, {"s", 2e9}};
  for (const auto& [unit, ns] : units) {
    const ReadOutcome outcome = ReadGbenchJson(
        std::string(R"({"benchmarks": [{"name": "A", "iterations": 1, "real_time": 2, )") +
            R"("time_unit": ")" + unit + R"("}]})",
        "f");
    ASSERT_EQ(outcome.file.rows.size(), 1u) << unit;
    EXPECT_EQ(*outcome.file.rows[0].Find("ns/op"), ns) << unit;
  }
}

}  // namespace
}  // namespace tare::result
