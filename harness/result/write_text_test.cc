// SPDX-License-Identifier: Apache-2.0
// The writer: the text is Go's format, reads back unchanged, and what would not is refused.
#include "result/write_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "result/read_text.h"

namespace tare::result {
namespace {

ResultFile Example() {
  ResultFile file;
  file.head = {"tare 1 \u00B7 9 rounds", ""};
  file.config.Set("os", "linux");
  file.config.Set("cpu", "AMD EPYC, 2 threads");
  EXPECT_EQ(file.units.Set("allocs/op", "assume", "exact"), "");
  EXPECT_EQ(file.units.Set("allocs/op", "better", "lower"), "");
  file.rows = {{"A/variant=floor/size=512", 108561, {{2401.25, "ns/op"}, {1.0 / 3, "allocs/op"}}},
               {"", 0, {{-0.0, "B"}}}};
  file.notes = {"absent A/variant=x: not on this kernel"};
  return file;
}

TEST(WriteTextTest, WritesGoBenchmarkText) {
  EXPECT_EQ(
      FormatText(Example()),
      "# tare 1 \u00B7 9 rounds\n"
      "# \n"
      "os: linux\n"
      "cpu: AMD EPYC, 2 threads\n"
      "Unit allocs/op assume=exact better=lower\n"
      "BenchmarkA/variant=floor/size=512 108561  2401.25 ns/op  0.3333333333333333 allocs/op\n"
      "Benchmark 0  -0 B\n"
      "# absent A/variant=x: not on this kernel\n");
}

TEST(WriteTextTest, ReadsBackUnchanged) {
  const ResultFile file = Example();
  const ReadOutcome outcome = ReadText(FormatText(file), "f");
  EXPECT_THAT(outcome.errors, ::testing::IsEmpty());
  EXPECT_THAT(outcome.others, ::testing::IsEmpty());
  EXPECT_EQ(outcome.file.head, file.head);
  EXPECT_EQ(outcome.file.config, file.config);
  EXPECT_EQ(outcome.file.units, file.units);
  EXPECT_EQ(outcome.file.rows, file.rows);
  EXPECT_EQ(outcome.file.notes, file.notes);
}

TEST(WriteTextTest, IntegerTotalsSurvive) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const int64_t n = static_cast<int64_t>(random() % 1000000) + 1;
    const int64_t total = static_cast<int64_t>(random() % 100000000);
    std::string text;
    AppendRow({"A", n, {{static_cast<double>(total) / static_cast<double>(n), "B/op"}}}, &text);
    TextReader reader(text, "f");
    ASSERT_EQ(reader.Next(), TextReader::Line::kResult);
    ASSERT_EQ(IntegerTotal(reader.row().values[0].value, reader.row().iterations), total) << text;
  }
}

TEST(WriteTextDeathTest, RefusesWhatWouldNotReadBack) {
  std::string out;
  EXPECT_DEATH(AppendRow({"a name", 1, {{1, "ns/op"}}}, &out), "no white space");
  EXPECT_DEATH(AppendRow({"A", 1, {}}, &out), "needs a measurement");
  EXPECT_DEATH(AppendRow({"A", 1, {{1, ""}}}, &out), "one word");
  EXPECT_DEATH(AppendConfig("Upper", "x", &out), "does not read back");
  EXPECT_DEATH(AppendConfig("key", " padded", &out), "does not read back");
  EXPECT_DEATH(AppendComment("two\nlines", &out), "line end");
}

}  // namespace
}  // namespace tare::result
