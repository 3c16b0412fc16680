// SPDX-License-Identifier: Apache-2.0
// Number text, units, names and filters against vectors that benchstat's own functions printed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "result/read_text.h"
#include "stat/fixture/tsv.h"
#include "table/filter.h"
#include "table/go_text.h"
#include "table/name.h"
#include "table/scale.h"
#include "table/tidy_unit.h"

namespace tare::table {
namespace {

TEST(BenchstatVectorsTest, ShortestFloats) {
  for (const auto& row : stat::ReadVectors("gofloat.tsv")) {
    EXPECT_EQ(GoFloat(std::strtod(row[0].c_str(), nullptr)), row[1]);
  }
}

TEST(BenchstatVectorsTest, ScaledNumbers) {
  for (const auto& row : stat::ReadVectors("scale.tsv")) {
    const std::vector<double> value = stat::Numbers(row[0]);
    EXPECT_EQ(Scale(value, row[1] == "Binary").Format(value[0]), row[2]) << row[0];
  }
}

TEST(BenchstatVectorsTest, OneScaleForARow) {
  for (const auto& row : stat::ReadVectors("commonscale.tsv")) {
    const std::vector<double> values = stat::Numbers(row[0]);
    const Scale scale(values, row[1] == "Binary");
    std::vector<std::string> texts;
    for (const double value : values) texts.push_back(scale.Format(value));
    EXPECT_EQ(absl::StrJoin(texts, ","), row[2]) << row[0];
  }
}

TEST(BenchstatVectorsTest, TidyUnits) {
  for (const auto& row : stat::ReadVectors("tidy.tsv")) {
    const TidyUnit tidy = Tidy(row[1]);
    EXPECT_EQ(tidy.unit, row[3]);
    EXPECT_EQ(std::strtod(row[0].c_str(), nullptr) * tidy.factor,
              std::strtod(row[2].c_str(), nullptr))
        << row[0] << " " << row[1];
    EXPECT_EQ(IsBinary(tidy.unit), row[4] == "Binary") << row[1];
  }
}

TEST(BenchstatVectorsTest, NameParts) {
  for (const auto& row : stat::ReadVectors("name.tsv")) {
    const NameParts parts = SplitName(row[0]);
    EXPECT_EQ(parts.base, row[1]) << row[0];
    EXPECT_EQ(absl::StrCat(parts.base, "|", absl::StrJoin(parts.rest, "|")), row[2]) << row[0];
  }
}

// A line of results with the configuration lines before it, separated by '|'.
ResultLine LineOf(const std::string& text, Symbols* symbols) {
  ResultLine line;
  const std::string lines = absl::StrJoin(absl::StrSplit(text, '|'), "\n");
  result::TextReader reader(lines, "test");
  while (true) {
    switch (reader.Next()) {
      case result::TextReader::Line::kConfig:
        line.config.push_back({symbols->Intern(std::string(reader.key())),
                               symbols->Intern(std::string(reader.value())), true});
        break;
      case result::TextReader::Line::kResult:
        line.name = reader.row().name;
        for (const result::Value& value : reader.row().values) {
          const TidyUnit tidy = Tidy(value.unit);
          line.values.push_back({value.value * tidy.factor, symbols->Intern(tidy.unit),
                                 tidy.unit == value.unit ? 0 : symbols->Intern(value.unit)});
        }
        break;
      case result::TextReader::Line::kEnd:
        return line;
      default:
        break;
    }
  }
}

TEST(BenchstatVectorsTest, Filters) {
  for (const auto& row : stat::ReadVectors("filter.tsv")) {
    Symbols symbols;
    const absl::StatusOr<Filter> filter = Filter::Parse(row[0], &symbols);
    if (!filter.ok()) {
      // The vectors hold the error on one line.
      EXPECT_EQ(absl::StrReplaceAll(filter.status().message(), {{"\n", "\\n"}, {"\t", "\\t"}}),
                row[2])
          << row[0];
      continue;
    }
    ResultLine line = LineOf(row[1], &symbols);
    const bool kept = filter->Apply(&line);
    std::string got = kept ? "true " : "false ";
    if (kept) {
      absl::StrAppend(
          &got, absl::StrJoin(line.values, " ", [&](std::string* out, const Measurement& value) {
            absl::StrAppend(out, symbols.Text(value.unit));
          }));
    }
    EXPECT_EQ(got, row[2]) << row[0] << " on " << row[1];
  }
}

}  // namespace
}  // namespace tare::table
