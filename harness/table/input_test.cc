// SPDX-License-Identifier: Apache-2.0
// Files in turn: labels, configuration a file, units over files, errors with file and line.
#include "table/input.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tare::table {
namespace {

class InputTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(testing::TempDir(), "/input_test.", name);
    std::ofstream(path) << text;
    return path;
  }

  // What reading gives, a line each.
  std::string Read(const std::vector<std::string>& paths, const InputOptions& options = {}) {
    std::vector<std::string> said;
    InputVisitor visitor;
    visitor.on_result = [&](ResultLine& line) {
      std::string text = line.name;
      for (const ConfigEntry& entry : line.config) {
        if (entry.of_file) absl::StrAppend(&text, " ", symbols_.Text(entry.value));
      }
      for (const Measurement& value : line.values) {
        absl::StrAppend(&text, " ", value.value, symbols_.Text(value.unit));
      }
      said.push_back(text);
    };
    visitor.on_error = [&](const std::string& error) { said.push_back("error " + error); };
    visitor.on_remark = [&](const std::string& remark) { said.push_back("remark " + remark); };
    visitor.on_other = [&](const std::string& where) { said.push_back("other " + where); };
    const absl::Status status = ReadInputs(InputFiles(paths), options, visitor, &symbols_, &units_);
    if (!status.ok()) said.push_back(std::string(status.message()));
    return absl::StrJoin(said, "\n");
  }

  Symbols symbols_;
  result::Units units_;
};

TEST_F(InputTest, ConfigurationIsAFilesOwnAndUnitsLast) {
  const std::string a =
      Write("a", "k: v\nUnit X assume=exact\nBenchmarkA 1 5 X\nk:\nBenchmarkB 1 6 X\n");
  const std::string b =
      Write("b", "BenchmarkA 1 7 X\r\nUnit X assume=nothing\nPASS\nlog\nBenchmarkC 1 x X");
  EXPECT_EQ(Read({a, b}),
            absl::StrCat("A v 5X\nB 6X\nA 7X\nerror ", b,
                         ":2: metadata assume of unit X already set to exact\nother ", b,
                         ":4\nerror ", b, ":5: parsing measurement: invalid syntax"));
  EXPECT_TRUE(units_.IsExact("X"));
}

TEST_F(InputTest, StrictReadingNamesWhatMightPassForAMeasurement) {
  const std::string path = Write("e", "BenchmarkA 1 inf X\nBenchmarkA 1 2 X\nBenchmarkA 1 3 X");
  EXPECT_EQ(Read({path}), "A infX\nA 2X\nA 3X");
  EXPECT_EQ(Read({path}, {.strict = true}),
            absl::StrCat("error ", path, ":1: X is +Inf, which is no measurement\nA 2X\nerror ",
                         path, ":3: the last line has no end: the file is truncated"));
}

TEST_F(InputTest, StrictReadingRefusesWhatTheGateRefuses) {
  const std::string path = Write("g",
                                 "BenchmarkA 0 1 ns/op\nBenchmarkA -5 1 ns/op\nBenchmarkA 1 -1 "
                                 "ns/op\nBenchmarkA 1 -2 X\n");
  EXPECT_EQ(Read({path}, {.strict = true}),
            absl::StrCat("error ", path, ":1: 0 iterations: there is nothing to divide by\nerror ",
                         path, ":2: -5 iterations: there is nothing to divide by\nerror ", path,
                         ":3: -1 ns/op: below zero\nA -2X"));
  const std::string wide = Write("h", "BenchmarkA 1 5 X\n" + std::string(3 << 20, 'a'));
  EXPECT_EQ(Read({wide}, {.strict = true}),
            absl::StrCat("A 5X\n", wide,
                         ":2: a line of more than 65536 bytes, the most that the format allows"));
}

TEST_F(InputTest, StrictReadingTakesGoogleBenchmarksJson) {
  const std::string path = Write("j", R"({"context": {}, "benchmarks": [
    {"name": "B/size:8/real_time", "run_name": "B/size:8/real_time", "run_type": "iteration",
     "iterations": 10, "real_time": 2.5, "cpu_time": 2.0, "time_unit": "us"}]})");
  EXPECT_EQ(Read({path}, {.strict = true}), "B/size=8/real_time 2500ns/op 2000cpu-ns/op");
}

TEST_F(InputTest, StrictReadingPassesOverAByteOrderMark) {
  const std::string text = Write("bom", "\xEF\xBB\xBFk: v\nBenchmarkA 1 2 X\n");
  EXPECT_EQ(Read({text}, {.strict = true}), "A v 2X");
  const std::string json = Write("bom.json",
                                 "\xEF\xBB\xBF"
                                 R"({"benchmarks": [
    {"name": "B", "iterations": 10, "real_time": 2.5, "time_unit": "ns"}]})");
  EXPECT_EQ(Read({json}, {.strict = true}), "B 2.5ns/op");
  const std::string wide = Write("wide", std::string("B\0e\0n\0c\0h\0", 10));
  EXPECT_EQ(Read({wide}, {.strict = true}).find("error " + wide + ":1: the file is UTF-16LE"), 0u);
}

TEST_F(InputTest, ACounterThatIsNoNumberCostsItselfAlone) {
  const std::string path = Write("nan", "BenchmarkA 1 2 ns/op NaN X\nBenchmarkA 1 Inf ns/op 3 X\n");
  EXPECT_EQ(Read({path}, {.strict = true}),
            absl::StrCat("remark ", path,
                         ":1: A: X is NaN, which is no measurement: left out, the row is kept\n"
                         "A 2ns/op\nerror ",
                         path, ":2: ns/op is +Inf, which is no measurement"));
}

// One machine's clock is measured anew in each run.
TEST_F(InputTest, ClockRatesThatAreNearAreOne) {
  std::string all;
  std::vector<std::string> paths;
  for (const char* mhz : {"2400", "2399", "2519", "2521", "1200"}) {
    paths.push_back(Write(mhz, absl::StrCat("mhz_per_cpu: ", mhz, "\nBenchmarkA 1 2 X\n")));
  }
  EXPECT_EQ(Read(paths, {.strict = true}), "A 2400 2X\nA 2400 2X\nA 2400 2X\nA 2521 2X\nA 1200 2X");
}

TEST_F(InputTest, TidyUnitsAreBenchstatsWithItsTrap) {
  const std::string path = Write("c", "BenchmarkA 1 5e9 ns/op 3 MB/s\nBenchmarkA 1 0 ns/op\n");
  EXPECT_EQ(Read({path}, {.tidy_units = true}), "A 5sec/op 3e+06B/s\nA 0ns/op");
  EXPECT_EQ(Read({path}), "A 5e+09ns/op 3MB/s\nA 0ns/op");
}

TEST_F(InputTest, EveryPairOfAUnitLineCounts) {
  const std::string path = Write("d", "Unit X a =b better=lower\nUnit\n");
  EXPECT_EQ(Read({path}), absl::StrCat("error ", path, ":1: expected key=value\nerror ", path,
                                       ":1: expected key=value\nerror ", path, ":2: missing unit"));
  EXPECT_NE(units_.Find("X"), nullptr);
  const std::string late = Write("late", "Unit Y better=lower a\n");
  EXPECT_EQ(Read({late}), absl::StrCat("error ", late, ":1: expected key=value")) << "once";
}

// Lines across the pieces that are read, and their numbers.
TEST_F(InputTest, PiecesAreSeamless) {
  std::string text;
  for (int i = 0; i < 30000; ++i) absl::StrAppend(&text, "BenchmarkLongName", i, " 1 2 ns/op\n");
  const std::string path = Write("e", text + "BenchmarkBad x\n");
  const std::string read = Read({path});
  EXPECT_NE(read.find("LongName29999 2ns/op\nerror " + path + ":30001: parsing iteration count"),
            std::string::npos);
}

TEST_F(InputTest, WhatCannotBeReadIsNamed) {
  EXPECT_EQ(Read({"/nonexistent/x"}), "open /nonexistent/x: no such file or directory");
  const std::string path = Write("f", "BenchmarkA 1 5 X\n" + std::string(70000, 'a') + "\n");
  EXPECT_EQ(Read({path}, {.longest_line = 65536}),
            absl::StrCat("A 5X\n", path, ":1: bufio.Scanner: token too long"));
  EXPECT_EQ(Read({path}), absl::StrCat("A 5X\nother ", path, ":2"));
}

TEST(InputFilesTest, LabelsPathsAndTwins) {
  std::vector<std::string> labels;
  for (const InputFile& file : InputFiles({"a", "x=b", "a", "c", "x=d"})) {
    labels.push_back(file.label + (file.labelled ? "=" : "") + file.path);
  }
  EXPECT_EQ(absl::StrJoin(labels, " "), "a#0a x=b a#1a cc x=d");
}

}  // namespace
}  // namespace tare::table
