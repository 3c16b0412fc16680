// SPDX-License-Identifier: Apache-2.0
// A stranger's text loses what could drive a terminal, and keeps what can be read.
#include "cli/printable.h"

#include <gtest/gtest.h>

namespace tare::cli {
namespace {

TEST(PrintableTest, EscapesControlsAndKeepsTheRest) {
  EXPECT_EQ(Printable(" can't bind \u00B7 \u3042 \n"), "can't bind \u00B7 \u3042");
  EXPECT_EQ(Printable("a\x1b[2J\r\nb\tc\x7f"), "a\\x1b[2J\\x0d\\x0ab\\x09c\\x7f");
  EXPECT_EQ(Quoted(""), "''");
}

TEST(PrintableTest, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(Printable(std::string(300, 'x')), std::string(300, 'x'));
  EXPECT_EQ(Printable(std::string(301, 'x')), std::string(300, 'x') + "...");
  EXPECT_EQ(Printable(std::string(299, 'x') + "\u00B7y"), std::string(299, 'x') + "...");
}

TEST(LastWordsTest, AreTheLastFiveLinesThatSaySomething) {
  EXPECT_EQ(LastWords(""), "");
  EXPECT_EQ(LastWords("1\n2\n\n3\n4\n5\n6\n"), "    2\n    3\n    4\n    5\n    6\n");
}

}  // namespace
}  // namespace tare::cli
