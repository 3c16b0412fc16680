// SPDX-License-Identifier: Apache-2.0
// The reader: what each kind of line is, and that no line that cannot be read passes unnamed.
#include "result/read_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tare::result {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using Line = TextReader::Line;

std::vector<Line> Kinds(std::string_view text) {
  TextReader reader(text, "f");
  std::vector<Line> kinds;
  for (Line line = reader.Next(); line != Line::kEnd; line = reader.Next()) kinds.push_back(line);
  return kinds;
}

// The error that the single line `text` gives, without "f:1: ".
std::string ErrorOf(std::string_view text) {
  TextReader reader(text, "f");
  if (reader.Next() != Line::kError) return "no error";
  EXPECT_EQ(reader.error().rfind("f:1: ", 0), 0u) << reader.error();
  return reader.error().substr(5);
}

TEST(TextReaderTest, ReadsAResult) {
  TextReader reader("BenchmarkA/size=64-8 \t 10\t724.8 ns/op\t0 allocs/op  \t \n", "f");
  ASSERT_EQ(reader.Next(), Line::kResult);
  EXPECT_EQ(reader.row(), (Row{"A/size=64-8", 10, {{724.8, "ns/op"}, {0, "allocs/op"}}}));
  EXPECT_EQ(reader.Next(), Line::kEnd);
  EXPECT_EQ(reader.Next(), Line::kEnd);
}

TEST(TextReaderTest, TakesOddButValidResults) {
  for (const char* text : {"Benchmark 10 5 ns/op", "Benchmark-4 10 5 ns/op",
                           "Benchmark/ 10 5 ns/op", "BenchmarkNegIters -3 5 ns/op",
                           "BenchmarkZeroIters 0 5 ns/op", "BenchmarkHex 10 0x1p4 ns/op",
                           "BenchmarkComma,\"quote\" 10 5 ns/op", "BenchmarkInf 10 Inf ns/op"}) {
    EXPECT_THAT(Kinds(text), ElementsAre(Line::kResult)) << text;
  }
}

TEST(TextReaderTest, NamesWhatIsWrongWithAResult) {
  EXPECT_EQ(ErrorOf("BenchmarkNameOnly2   "), "missing iteration count");
  EXPECT_EQ(ErrorOf("BenchmarkX abc 5 ns/op"), "parsing iteration count: invalid syntax");
  EXPECT_EQ(ErrorOf("BenchmarkX 1.5 5 ns/op"), "parsing iteration count: invalid syntax");
  EXPECT_EQ(ErrorOf("BenchmarkX 99999999999999999999 5 ns/op"),
            "parsing iteration count: value out of range");
  EXPECT_EQ(ErrorOf("BenchmarkX 10"), "missing measurements");
  EXPECT_EQ(ErrorOf("BenchmarkX 10   "), "missing measurements");
  EXPECT_EQ(ErrorOf("BenchmarkX 10 5"), "missing units");
  EXPECT_EQ(ErrorOf("BenchmarkX 10 5 ns/op 7"), "missing units");
  EXPECT_EQ(ErrorOf("BenchmarkX 10 5x ns/op"), "parsing measurement: invalid syntax");
  EXPECT_EQ(ErrorOf("BenchmarkX 10 1e999 ns/op"), "parsing measurement: value out of range");
  EXPECT_EQ(ErrorOf("BenchmarkX 10 5 ns/op\t# note"), "parsing measurement: invalid syntax");
}

TEST(TextReaderTest, TellsTheOtherLinesApart) {
  EXPECT_THAT(Kinds("=== RUN   TestX\nno colon here\nGoos: upper case\ngoos:nospace\n leading: x\n"
                    "key with space: x\nPASS\nok  \ttare\t1.2s\nBenchmarkNameOnly\n\n"
                    "benchmarkLower 10 5 ns/op\n BenchmarkIndented 10 5 ns/op\nUnits ns/op a=b\n"
                    "UnitX\nUnit ns/op\nkeY: x\nhttp://x: y z\n\uFEFFcpu: x"),
              ::testing::AllOf(::testing::SizeIs(18), ::testing::Each(Line::kOther)));
  EXPECT_THAT(
      Kinds("goos: linux\nweird!key.9/x: ok\nempty:\n# note\n#note"),
      ElementsAre(Line::kConfig, Line::kConfig, Line::kConfig, Line::kComment, Line::kComment));
}

TEST(TextReaderTest, ReadsUnitMetadataUpToAnError) {
  TextReader reader("Unit  ns/op   assume=nothing better=lower junk\nUnit\nUnit B/op =x\n", "f");
  ASSERT_EQ(reader.Next(), Line::kUnit);
  EXPECT_EQ(reader.key(), "ns/op");
  EXPECT_THAT(reader.metadata(), ElementsAre(Pair("assume", "nothing"), Pair("better", "lower")));
  ASSERT_EQ(reader.Next(), Line::kError);
  EXPECT_EQ(reader.error(), "f:1: expected key=value");
  ASSERT_EQ(reader.Next(), Line::kError);
  EXPECT_EQ(reader.error(), "f:2: missing unit");
  ASSERT_EQ(reader.Next(), Line::kError);
  EXPECT_EQ(reader.error(), "f:3: expected key=value");
}

TEST(TextReaderTest, CarriageReturnsAndAMissingLastLineEnd) {
  TextReader reader("goos: linux\r\nBenchmarkA 5\t100 ns/op\r\nBenchmarkB 5 1 ns/op", "f");
  ASSERT_EQ(reader.Next(), Line::kConfig);
  EXPECT_EQ(reader.value(), "linux");
  ASSERT_EQ(reader.Next(), Line::kResult);
  EXPECT_EQ(reader.row().values[0].unit, "ns/op");
  ASSERT_EQ(reader.Next(), Line::kResult);
  EXPECT_EQ(reader.line_number(), 3);
}

TEST(TextReaderTest, SplitsAtUnicodeWhiteSpace) {
  // No-break space, ideographic space, next line: all of them end a field. Zero-width space does
  // not.
  EXPECT_EQ(ErrorOf("BenchmarkNb\u00A0sp 10 5 ns/op"), "parsing iteration count: invalid syntax");
  TextReader reader(
      "BenchmarkA\u300010\u00855\u2003ns/op\nBenchmarkZ\u200Bw 1 2 \u00B5s\n"
      "\u00FCberkey: v\n\u00DCber: v\nkey\u00A0x: v\n\xFFkey: v",
      "f");
  ASSERT_EQ(reader.Next(), Line::kResult);
  EXPECT_EQ(reader.row(), (Row{"A", 10, {{5, "ns/op"}}}));
  ASSERT_EQ(reader.Next(), Line::kResult);
  EXPECT_EQ(reader.row(), (Row{"Z\u200Bw", 1, {{2, "\u00B5s"}}}));
  EXPECT_EQ(reader.Next(), Line::kConfig);
  EXPECT_EQ(reader.Next(), Line::kOther);
  EXPECT_EQ(reader.Next(), Line::kOther);
  EXPECT_EQ(reader.Next(), Line::kOther);
}

TEST(ReadTextTest, ReadsAFileWithItsHeadAndNotes) {
  const ReadOutcome outcome = ReadText(
      "# tare 1 \u00B7 9 rounds\nos: linux\nUnit ns/op better=lower\n"
      "BenchmarkA 10 5 ns/op\n# a note\nBenchmarkA 12 6 ns/op\nos: linux\n\nPASS\n",
      "r.txt");
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_THAT(outcome.file.head, ElementsAre("tare 1 \u00B7 9 rounds"));
  EXPECT_THAT(outcome.file.notes, ElementsAre("a note"));
  EXPECT_EQ(*outcome.file.config.Find("os"), "linux");
  EXPECT_EQ(outcome.file.units.Find("ns/op")->better(), Better::kLower);
  ASSERT_EQ(outcome.file.rows.size(), 2u);
  EXPECT_EQ(outcome.file.rows[1].iterations, 12);
  EXPECT_THAT(outcome.others, ElementsAre(Pair(9, "PASS")));
}

TEST(ReadTextTest, NamesEveryBadLineAndKeepsTheGoodOnes) {
  const ReadOutcome outcome = ReadText(
      "Unit ns/op better=lower\nBenchmarkA 10 5 ns/op\nBenchmarkA x 5 ns/op\n"
      "Unit ns/op better=higher\nos: linux\nBenchmarkB 10 5 ns/op\n",
      "r.txt");
  EXPECT_THAT(outcome.errors,
              ElementsAre("r.txt:3: parsing iteration count: invalid syntax",
                          "r.txt:4: metadata better of unit ns/op already set to lower",
                          "r.txt:5: key os changes after the first result; one file holds one "
                          "configuration"));
  EXPECT_EQ(outcome.file.rows.size(), 2u);
  EXPECT_EQ(outcome.file.config.Find("os"), nullptr);
}

TEST(ReadTextTest, AnEmptyTextIsAnEmptyFile) {
  const ReadOutcome outcome = ReadText("", "r.txt");
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_THAT(outcome.file.rows, IsEmpty());
}

// Every row of a file that another tool must reject or take, in one text: nothing is lost.
TEST(ReadTextTest, EveryLineIsAccountedFor) {
  const std::string text =
      "os: linux\nUnit B/op assume=exact\n# c\nBenchmarkA 1 2 B/op\nBenchmarkBad\t\nPASS\n";
  const ReadOutcome outcome = ReadText(text, "r");
  EXPECT_EQ(outcome.file.config.entries().size() + outcome.file.units.all().size() +
                outcome.file.head.size() + outcome.file.rows.size() + outcome.errors.size() +
                outcome.others.size(),
            6u);
}

// What one line leaves behind is not the next one's.
TEST(TextReaderTest, ARowHasItsOwnValuesAlone) {
  TextReader reader("BenchmarkA 1 2 B/op 3 allocs/op\nBenchmarkB 4 5 ns/op\n", "f");
  ASSERT_EQ(reader.Next(), Line::kResult);
  ASSERT_EQ(reader.Next(), Line::kResult);
  EXPECT_EQ(reader.row(), (Row{"B", 4, {{5, "ns/op"}}}));
}

TEST(ReadTextTest, AKeyThatIsTakenAwayLateWasNeverThere) {
  EXPECT_THAT(ReadText("BenchmarkA 1 5 ns/op\nnote:\n", "r").errors, IsEmpty());
  EXPECT_THAT(ReadText("note: x\nBenchmarkA 1 5 ns/op\nnote:\n", "r").errors,
              ElementsAre("r:3: key note changes after the first result; one file holds one "
                          "configuration"));
}

}  // namespace
}  // namespace tare::result
