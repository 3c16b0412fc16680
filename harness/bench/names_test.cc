// SPDX-License-Identifier: Apache-2.0
// Names of rows: as they are listed, in text and in Google Benchmark's JSON the same ones; rows of
// one name told apart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bench/run_program.h"
#include "result/check.h"
#include "result/read_gbench_json.h"

namespace tare::bench {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<std::string> Names(const std::vector<result::Row>& rows) {
  std::vector<std::string> names;
  for (const result::Row& row : rows) names.push_back(row.name);
  return names;
}

// The names of the rows that a program prints as JSON, or has written into a file.
std::vector<std::string> NamesInJson(const std::string& text) {
  const result::ReadOutcome outcome = result::ReadResults(text, "json");
  EXPECT_THAT(result::FindFaults(text, "json", outcome), IsEmpty());
  return Names(outcome.file.rows);
}

const std::vector<std::string> kQuickly = {"--benchmark_min_time=0.001"};

TEST(List, NamesAreWordsAndUnique) {
  const Finished finished = RunProgram(NAME_PLANTS, {"--tare_list"});
  EXPECT_EQ(finished.out,
            "Nothing\tNothing\tfull\t\n"
            "Nothing/real_time\tNothing/real_time\tfull\t\n"
            "Nothing/threads:1\tNothing#01\tfull\t\n"
            "Nothing\tNothing#02\tfull\t\n"
            "Templated<std::map<int, long>>\tTemplated<std::map<int,_long>>\tfull\t\n"
            "tab\\tand  spaces/-3\ttab_and_spaces/-3\tfull\t\n"
            "a:b/x:y:1/2\ta:b/x:y=1/2\tfull\t\n"
            "decorated/min_time:0.001/min_warmup_time:0.001/repeats:1/process_time/manual_time\t"
            "decorated/min_time:0.001/min_warmup_time:0.001/repeats:1/process_time/manual_time\t"
            "full\t\n"
            "fixed/iterations:3/real_time/threads:2\t"
            "fixed/iterations:3/real_time/threads=2\tfull\t\n");
}

// Names do not depend on the filter, and each run is reported under the name in the list.
TEST(List, NamesAreThoseOfTheRows) {
  const result::ResultFile results = ReadResults(
      RunProgram(NAME_PLANTS, {"--benchmark_min_time=0.001", "--benchmark_filter=^Nothing/?r|g$"}));
  EXPECT_THAT(Names(results.rows), ElementsAre("Nothing", "Nothing/real_time", "Nothing#02"));
}

// A real program, both ways: its own text, and what Google Benchmark writes, to standard output and
// to a file.
TEST(Names, AreTheSameInGoogleBenchmarksJson) {
  std::string directory = testing::TempDir() + "names-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/out.json";
  for (const char* program : {REPEATED_PLANTS, TWICE_PLANTS, NAME_PLANTS}) {
    const std::vector<std::string> names = Names(ReadResults(RunProgram(program, kQuickly)).rows);
    EXPECT_THAT(names, testing::SizeIs(testing::Ge(3))) << program;
    const Finished json = RunProgram(program, {kQuickly[0], "--benchmark_format=json"});
    // ReportAggregatesOnly() leaves nothing but aggregates, which are no rows: it is absent.
    std::vector<std::string> shown = names;
    std::erase(shown, "repeated/repeats:3");
    EXPECT_EQ(NamesInJson(json.out), shown) << program;
    RunProgram(program, {kQuickly[0], "--benchmark_out=" + path});
    std::ifstream file(path);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    EXPECT_EQ(NamesInJson(text), shown) << program;
  }
  std::filesystem::remove_all(directory);
}

TEST(Names, SayHowARowIsRunUnlessItsSuiteOmitsThat) {
  const result::ResultFile results = ReadResults(RunProgram(REPEATED_PLANTS, kQuickly));
  EXPECT_THAT(Names(results.rows),
              ElementsAre("x", "x#01", "x#02", "repeated/repeats:3", "repeated/repeats:3",
                          "repeated/repeats:3", "tab_and\\slash/real_time",
                          "warm/min_time:0.001/min_warmup_time:0.001/manual_time",
                          "few/iterations:10/process_time", "few/iterations:20",
                          "few/iterations:20/threads=2", "omitted/n=1", "Counts"));
}

TEST(Names, OneOfSeveralEqualOnesCanBeAskedFor) {
  for (const char* mode : {"--benchmark_min_time=0.001", "--counts-only"}) {
    for (const std::string name : {"x", "x#01", "x#02", "few/iterations:20"}) {
      const Finished finished = RunProgram(REPEATED_PLANTS, {mode, "--tare_row=" + name});
      EXPECT_EQ(finished.exit_status, 0) << finished.err;
      if (finished.out.find("\nBenchmark") == std::string::npos) continue;  // nothing is counted
      EXPECT_THAT(Names(ReadResults(finished).rows), ElementsAre(name));
    }
  }
  const Finished list = RunProgram(TWICE_PLANTS, {"--tare_list", "--tare_row=Work/64#01"});
  EXPECT_EQ(list.out, "Work/64\tWork/64#01\tfull\t\n");
  const Finished none = RunProgram(TWICE_PLANTS, {"--tare_row=Work/64#02"});
  EXPECT_EQ(none.exit_status, 2);
  EXPECT_THAT(none.err, HasSubstr("--tare_row=Work/64#02: no such row"));
}

TEST(Names, OfSeveralLinesAreRefused) {
  for (const char* mode : {"--tare_list", "--counts-only", "--benchmark_format=json"}) {
    const Finished finished = RunProgram(LINE_END_PLANTS, {mode});
    EXPECT_EQ(finished.exit_status, 2) << mode;
    EXPECT_EQ(finished.out, "");
    EXPECT_THAT(finished.err, HasSubstr("the benchmark 'two\\nlines' is registered under a name "
                                        "with a line end in it"));
  }
}

TEST(Counters, OfAnotherValuesNameAreLeftOutInBothFormats) {
  const std::string only = "--benchmark_filter=^Counts$";
  const result::ResultFile text = ReadResults(RunProgram(REPEATED_PLANTS, {kQuickly[0], only}));
  const Finished json = RunProgram(REPEATED_PLANTS, {kQuickly[0], only, "--benchmark_format=json"});
  const result::ReadOutcome read = result::ReadResults(json.out, "json");
  EXPECT_THAT(read.errors, IsEmpty());
  ASSERT_EQ(text.rows.size(), 1u);
  ASSERT_EQ(read.file.rows.size(), 1u);
  for (const result::Row& row : {text.rows[0], read.file.rows[0]}) {
    EXPECT_EQ(*row.Find("a_b"), 1);
    EXPECT_EQ(row.Find("hit_rate"), nullptr);
    for (const result::Value& value : row.values) {
      EXPECT_EQ(row.Find(value.unit), &value.value) << "two of " << value.unit;
    }
  }
  // In text "real_time" is a name like any other.
  EXPECT_EQ(*text.rows[0].Find("real_time"), 7);
  EXPECT_THAT(text.notes, Contains(HasSubstr("ns/op is a counter that has the name of another")));
  EXPECT_THAT(read.remarks, Contains(HasSubstr(": Counts: real_time is a counter")));
  EXPECT_THAT(read.remarks, Contains(HasSubstr(": Counts: hit_rate is NaN")));
}

TEST(Json, SaysOfTheMachineWhatTextSays) {
  const std::string only = "--benchmark_filter=^x$";
  const result::ResultFile text = ReadResults(RunProgram(REPEATED_PLANTS, {kQuickly[0], only}));
  const Finished json = RunProgram(REPEATED_PLANTS, {kQuickly[0], only, "--benchmark_format=json"});
  const result::ReadOutcome read = result::ReadResults(json.out, "json");
  for (const auto& [key, value] : text.config.entries()) {
    const std::string* const said = read.file.config.Find(key);
    ASSERT_NE(said, nullptr) << key;
    EXPECT_EQ(*said, value);
  }
  for (const char* key : {"host_name", "num_cpus", "mhz_per_cpu"}) {
    EXPECT_NE(read.file.config.Find(key), nullptr) << key;
  }
}

}  // namespace
}  // namespace tare::bench
