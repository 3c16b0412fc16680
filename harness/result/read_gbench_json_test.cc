// SPDX-License-Identifier: Apache-2.0
// Google Benchmark's JSON: names, times, counts that stay integers, and what cannot be read.
#include "result/read_gbench_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_EQ(row.name, "Split/bytes=64/threads=2");
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
              ElementsAre("absent Ring: no io_uring here", "error Broken: wrong answer"));
}

TEST(GbenchJson, NamesAreThoseOfBenchmemMain) {
  EXPECT_EQ(RowNameOfGbench("a:b/x:y:1/2"), "a:b/x:y=1/2");
  EXPECT_EQ(RowNameOfGbench("tab\tand  spaces/-3"), "tab_and_spaces/-3");
  EXPECT_EQ(RowNameOfGbench("decorated/min_time:0.001/min_warmup_time:0.001/repeats:1/"
                            "process_time/manual_time"),
            "decorated");
  EXPECT_EQ(RowNameOfGbench("fixed/iterations:3/real_time/threads:2"), "fixed/threads=2");
  EXPECT_EQ(RowNameOfGbench("Nothing/threads:1"), "Nothing");
  EXPECT_EQ(RowNameOfGbench("real_time"), "real_time") << "a function of that name";
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
  EXPECT_THAT(ErrorOf("{\"benchmarks\": [{\"name\": \"A\", \"iterations\": 1, \"x\": 1e999}]}"),
              HasSubstr("out of range"));
}

JsonError ErrorIn(std::string_view text) {
  JsonValue value;
  return ParseJson(text, &value);
}

TEST(Json, RefusesWhatIsNone) {
  for (const char* text :
       {"", "{", "[1,]", "{\"a\" 1}", "{a: 1}", "[1 2]", "\"\n\"", "\"\\x\"", "\"\\ud800\"", "01x",
        "1.", "1e", "-", "nul", "{} {}", "\"a", "[\"\\u12", "\"\\ud800\\u0041\""}) {
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

}  // namespace
}  // namespace tare::result
