// SPDX-License-Identifier: Apache-2.0
// Columns line up, in code points; texts do not widen them.
#include "cli/text_table.h"

#include <gtest/gtest.h>

namespace tare::cli {
namespace {

using Align = TextTable::Align;

TEST(TextTableTest, AlignsColumns) {
  TextTable table({Align::kLeft, Align::kRight});
  table.AddRow({"name", "ns"});
  table.AddLine("a line wider than all of the columns");
  table.AddRow({"\u00B5", "12345"});
  table.AddRowWithText({"x"}, "absent: a reason that is long");
  table.AddRow({"last", ""});
  EXPECT_EQ(table.Render(),
            "name     ns\n"
            "a line wider than all of the columns\n"
            "\u00B5     12345\n"
            "x     absent: a reason that is long\n"
            "last\n");
}

TEST(TextTableTest, AnEmptyTableIsNoText) {
  EXPECT_EQ(TextTable({Align::kLeft}).Render(), "");
}

TEST(TextTableTest, WhatIsTooWideStandsBelow) {
  TextTable table({Align::kLeft, Align::kRight, Align::kRight, Align::kLeft});
  table.MayLeaveOut(3);
  table.AddRow({"name", "old", "new", "why"});
  table.AddLine("a line that is wider than all of it");
  table.AddRowWithText({"Echo/size=64", "12345 ns", "12346 ns", "because"}, "changed: worse again");
  const std::string whole =
      "name               old       new  why\n"
      "a line that is wider than all of it\n"
      "Echo/size=64  12345 ns  12346 ns  because  changed: worse again\n";
  EXPECT_EQ(table.Render(), whole);
  EXPECT_EQ(table.Render(63), whole);
  EXPECT_FALSE(table.LeavesOut(63));
  EXPECT_EQ(table.Render(35),
            "name\n"
            "         old       new  why\n"
            "a line that is wider than all of it\n"
            "Echo/size=64\n"
            "    12345 ns  12346 ns  because\n"
            "    changed: worse again\n");
  EXPECT_FALSE(table.LeavesOut(35));
  EXPECT_EQ(table.Render(24),
            "name\n"
            "         old       new\n"
            "a line that is wider\n"
            "    than all of it\n"
            "Echo/size=64\n"
            "    12345 ns  12346 ns\n"
            "    changed: worse again\n");
  EXPECT_TRUE(table.LeavesOut(24));
  EXPECT_EQ(table.Render(14),
            "name\n"
            "         old\n"
            "         new\n"
            "a line that is\n"
            "    wider than\n"
            "    all of it\n"
            "Echo/size=64\n"
            "    12345 ns\n"
            "    12346 ns\n"
            "    changed:\n"
            "    worse\n"
            "    again\n");
}

TEST(TextTableTest, ColoursTakeNoRoom) {
  EXPECT_EQ(Folded("\x1b[31mone two\x1b[0m three", 7, 1), "\x1b[31mone two\x1b[0m\n three");
  EXPECT_EQ(Folded("a b\nc d", 3, 0), "a b\nc d");
  EXPECT_EQ(Folded("a bcdef", 3, 2), "a\n  bcdef");
}

}  // namespace
}  // namespace tare::cli
