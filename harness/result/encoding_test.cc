// SPDX-License-Identifier: Apache-2.0
// Byte-order marks, and encodings that no reader takes, with a mark and without one.
#include "result/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "result/check.h"
#include "result/read_gbench_json.h"

namespace tare::result {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// `text`, which is ASCII, with `width` bytes a character.
std::string Widened(const std::string& text, size_t width, bool big_endian) {
  std::string wide;
  for (const char c : text) {
    std::string character(width, '\0');
    character[big_endian ? width - 1 : 0] = c;
    wide += character;
  }
  return wide;
}

const std::string kText = "cpu: A\nBenchmarkA 1 5 ns/op\n";
const std::string kJson = R"({"benchmarks": [{"name": "A", "iterations": 1, "real_time": 5,
"time_unit": "ns"}]})";

TEST(Encoding, AByteOrderMarkIsPassedOver) {
  for (const std::string& text : {kText, kJson}) {
    const std::string marked = "\xEF\xBB\xBF" + text;
    const ReadOutcome outcome = ReadResults(marked, "f");
    EXPECT_THAT(outcome.errors, IsEmpty());
    ASSERT_EQ(outcome.file.rows.size(), 1u) << text;
    EXPECT_THAT(FindFaults(marked, "f", outcome), IsEmpty());
    EXPECT_EQ(outcome.file.config, ReadResults(text, "f").file.config);
  }
  const std::string alone = "\xEF\xBB\xBF";
  EXPECT_THAT(FindFaults(alone, "f", ReadResults(alone, "f")),
              ElementsAre("f:1: the file is empty"));
}

TEST(Encoding, WhatIsNoUtf8IsNamed) {
  struct Encoding {
    const char* name;
    std::string mark;
    size_t width;
    bool big_endian;
  };
  const Encoding encodings[] = {{"UTF-16LE", "\xFF\xFE", 2, false},
                                {"UTF-16BE", "\xFE\xFF", 2, true},
                                {"UTF-32LE", std::string("\xFF\xFE\0\0", 4), 4, false},
                                {"UTF-32BE", std::string("\0\0\xFE\xFF", 4), 4, true}};
  for (const Encoding& encoding : encodings) {
    for (const std::string& text : {kText, kJson, std::string("{}")}) {
      for (const bool has_mark : {true, false}) {
        const std::string wide =
            (has_mark ? encoding.mark : "") + Widened(text, encoding.width, encoding.big_endian);
        const ReadOutcome outcome = ReadResults(wide, "f");
        EXPECT_THAT(outcome.errors,
                    ElementsAre(StartsWith(std::string("f:1: the file is ") + encoding.name)));
        EXPECT_THAT(outcome.file.rows, IsEmpty());
        EXPECT_THAT(FindFaults(wide, "f", outcome),
                    ElementsAre(HasSubstr(std::string(encoding.name) + " -t UTF-8")));
      }
    }
  }
}

TEST(Encoding, OthersAreNot) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("\0\0", 2),
        std::string("a\0b\0cd", 6), kText, std::string("\xFF")}) {
    EXPECT_EQ(WrongEncoding(text), "") << text;
  }
}

}  // namespace
}  // namespace tare::result
