// SPDX-License-Identifier: Apache-2.0
// Every kind of bad results has a message of its own, with file and line; good ones have none.
#include "result/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "result/read_gbench_json.h"

namespace tare::result {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> FaultsOf(const std::string& text) {
  return FindFaults(text, "f", ReadResults(text, "f"));
}

TEST(FindFaults, GoodResultsHaveNone) {
  EXPECT_THAT(FaultsOf("os: linux\nUnit widgets/op better=higher\n"
                       "BenchmarkA 10 0 allocs/op 3 widgets/op 7 items_per_second\n"
                       "BenchmarkA 10 5 ns/op\nBenchmarkA 11 6 ns/op\nPASS\nok  \tx\t1s\n"),
              IsEmpty());
  EXPECT_THAT(FaultsOf("# absent A: no such system\n"), IsEmpty());
}

TEST(FindFaults, WhatGoTestPrintsIsNone) {
  EXPECT_THAT(FaultsOf("=== RUN   TestA\n=== PAUSE TestA\n=== CONT  TestA\n=== NAME  TestA\n"
                       "    a_test.go:12: hello\n--- PASS: TestA (0.00s)\n"
                       "    --- PASS: TestA/sub (0.00s)\n--- SKIP: TestB (0.00s)\n"
                       "goos: linux\nBenchmarkA\n    a_test.go:20: N=1\nBenchmarkA-8 10 5 ns/op\n"
                       "--- BENCH: BenchmarkA-8\n    a_test.go:20: N=10\nPASS\nok  \tx\t1s\n"
                       "?   \tx/y\t[no test files]\n"),
              IsEmpty());
  for (const char* line : {"FAIL", "--- FAIL: TestA (0.00s)", "a_test.go:12: hello",
                           "exit status 1", "  === RUN TestA", "   hello"}) {
    EXPECT_THAT(FaultsOf("BenchmarkA 10 3 ns/op\n" + std::string(line) + "\n"),
                ElementsAre("f:2: no line of the result format: '" + std::string(line) + "'"));
  }
}

TEST(FindFaults, EachKindIsNamed) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"", "f:1: the file is empty"},
      {"\n\n", "f:1: nothing but blank lines"},
      {"os: linux\n", "f:1: no row in the file"},
      {"\x1F\x8B\x08", "f:1: compressed by gzip: unpack it first (gzip -d)"},
      {"a,b,c\n1,2,3\n", "f:1: CSV, and no results: Go's benchmark format or JSON is read"},
      {"os: linux\nBenchmarkA 10 3 ns/op\nBenchmarkB 10 3",
       "f:3: the last line has no end: the file is truncated"},
      {std::string("BenchmarkA 10 3 ns/op\n\0\n", 24), "f:2: the byte 0x00: this is no text file"},
      {"os: li\rnux\nBenchmarkA 10 3 ns/op\r\n", "f:1: the byte 0x0d: this is no text file"},
      {"\x7f"
       "ELF\n",
       "f:1: a program: run it, and give what it prints"},
      {"os: \x7F\n", "f:1: the byte 0x7f: this is no text file"},
      {"# x\n" + std::string(kLongestLine + 1, 'a') + "\n",
       "f:2: a line of 65537 bytes; the longest allowed has 65536"},
      {"BenchmarkA 10 3x ns/op\n", "f:1: parsing measurement: invalid syntax"},
      {"BenchmarkA 10 3 ns/op\nSegment 7: retransmit\n",
       "f:2: no line of the result format: 'Segment 7: retransmit'"},
      {"BenchmarkA 10 NaN allocs/op\n", "f:1: A: allocs/op is NaN, which is no measurement"},
      {"BenchmarkA 10 +Inf ns/op\n", "f:1: A: ns/op is +Inf, which is no measurement"},
      {"BenchmarkA 10 -1 B/op\n", "f:1: A: -1 B/op: below zero"},
      {"BenchmarkA 0 1 ns/op\n", "f:1: A has 0 iterations: there is nothing to divide by"},
      {"BenchmarkA 10 3 allocs/op\nBenchmarkA 10 4 allocs/op\n",
       "f:2: A has 4 allocs/op here and 3 in line 1; an exact unit has one value"},
      {"BenchmarkA 10 3 kB/op\n",
       "f:1: A: unknown unit kB/op; describe it by a line 'Unit kB/op better=lower'"},
      {"{\"benchmarks\": [\n{\"name\": \"A_mean\", \"run_name\": \"A\", \"run_type\": "
       "\"aggregate\", "
       "\"iterations\": 3, \"real_time\": 1, \"time_unit\": \"ns\"}]}",
       "f:1: nothing but aggregates (mean, median, ...), of which no sample can be made: run the "
       "program with --benchmark_report_aggregates_only=false and "
       "--benchmark_display_aggregates_only=false"},
      {"{\"benchmarks\": [\n{\"name\": \"A\", \"iterations\": 1, \"allocs/op\": NaN}]}",
       "f:2: A: allocs/op is NaN, which is no measurement"},
  };
  for (const auto& [text, fault] : kinds) {
    EXPECT_THAT(FaultsOf(text), ElementsAre(fault)) << text.substr(0, 100);
  }
}

TEST(FindFaults, ALineOfTheGreatestLengthIsNone) {
  EXPECT_THAT(FaultsOf("#" + std::string(kLongestLine - 1, 'a') + "\nBenchmarkA 10 3 ns/op\n"),
              IsEmpty());
}

TEST(FindFaults, LessThanNothingMayBeLeft) {
  EXPECT_THAT(FaultsOf("BenchmarkA 10 0 allocs/op -16 live-B\n"), IsEmpty());
}

TEST(FindFaults, SixtyBytesOfALineAreShown) {
  const std::string sixty = "No " + std::string(57, 'x');
  EXPECT_THAT(FaultsOf("BenchmarkA 10 3 ns/op\n" + sixty + "\n"),
              ElementsAre("f:2: no line of the result format: '" + sixty + "'"));
  EXPECT_THAT(FaultsOf("BenchmarkA 10 3 ns/op\n" + sixty + "y\n"),
              ElementsAre("f:2: no line of the result format: '" + sixty + "...'"));
}

}  // namespace
}  // namespace tare::result
