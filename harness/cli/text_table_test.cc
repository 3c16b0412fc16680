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

}  // namespace
}  // namespace tare::cli
