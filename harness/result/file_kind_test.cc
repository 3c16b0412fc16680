// SPDX-License-Identifier: Apache-2.0
// What is no file of results is named; what may be one is left to its reader.
#include "result/file_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tare::result {
namespace {

using ::testing::HasSubstr;

TEST(NotResultsTest, EachKindIsNamed) {
  const std::pair<std::string, const char*> kinds[] = {
      {"", "the file is empty"},
      {" \n\t\r\n", "nothing but blank lines"},
      {std::string("\x1F\x8B\x08\0\0", 5), "compressed by gzip"},
      {"\x28\xB5\x2F\xFD.", "compressed by zstd"},
      {std::string("\xFD"
                   "7zXZ\0\0",
                   7),
       "compressed by xz"},
      {"BZh91AY", "compressed by bzip2"},
      {"PK\x03\x04..", "a zip archive"},
      {"\x7F"
       "ELF\x02",
       "a program"},
      {"name,iterations,real_time,cpu_time,time_unit,bytes_per_second,items_per_second,label,"
       "error_occurred,error_message\n\"BM_A\",10,1,1,ns,,,,,\n",
       "Google Benchmark's CSV"},
      {"2026-11-30T12:00:00+00:00\nRunning ./bench\nRun on (2 X 2000 MHz CPU s)\nCPU Caches:\n"
       "  L1 Data 32 KiB (x2)\nLoad Average: 0.10, 0.20, 0.30\n"
       "name,iterations,real_time,cpu_time,time_unit\n",
       "Google Benchmark's CSV"},
      {"-----\nBenchmark         Time             CPU   Iterations\n-----\nBM_A  1 ns  1 ns 10\n",
       "Google Benchmark's table"},
      {"table,unit,row,column,n\n,ns/op,A,old,9\n", "CSV, and no results"},
  };
  for (const auto& [text, what] : kinds) EXPECT_THAT(NotResults(text), HasSubstr(what));
}

TEST(NotResultsTest, WhatMayBeResultsIsNotNamed) {
  for (const char* text :
       {"BenchmarkA 10 3 ns/op\n", "{\"benchmarks\": []}", "# tare 1 \xC2\xB7 x\n", "PASS\n",
        "goos: linux\n", "BenchmarkA/x=1,y=2,z=3 10 3 ns/op\n", "BenchmarkA/x=1,y=2,z=3\n",
        "some log, with, commas\n", "Benchmark 10 3 ns/op\n", "BenchmarkTime CPU\n"}) {
    EXPECT_EQ(NotResults(text), "") << text;
  }
}

}  // namespace
}  // namespace tare::result
