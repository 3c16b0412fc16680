// SPDX-License-Identifier: Apache-2.0
// How wide columns become, by their own cells and by those that span them.
#include "table/grid.h"

#include <gtest/gtest.h>

namespace tare::table {
namespace {

using Align = Grid::Align;

void TwoRows(const std::string& header, Grid* grid) {
  grid->NextRow();
  grid->Put({.column = 0, .text = header, .span = 2});
  grid->NextRow();
  grid->Put({.column = 0, .text = "a"});
  grid->Put({.column = 1, .text = "b"});
}

TEST(GridTest, AWideHeaderIsDealtOutFromTheWidestColumnOn) {
  Grid grid;
  TwoRows("abcdefghijk", &grid);
  EXPECT_EQ(grid.Render(), "abcdefghijk\na     b\n");
}

TEST(GridTest, ANarrowColumnStaysSo) {
  Grid grid;
  grid.KeepNarrow(1);
  TwoRows("abcdefghijk", &grid);
  EXPECT_EQ(grid.Render(), "abcdefghijk\na         b\n");
}

TEST(GridTest, CellsAreAlignedInTheirRoom) {
  Grid grid;
  for (const auto& [text, align] : {std::pair{"ninechars", Align::kLeft},
                                    {"mid", Align::kCenter},
                                    {"right", Align::kRight},
                                    {"\u00B5s", Align::kRight}}) {
    grid.NextRow();
    grid.Put({.column = 0, .text = text, .align = align});
  }
  EXPECT_EQ(grid.Render(), "ninechars\n   mid\n    right\n       \u00B5s\n");
}

}  // namespace
}  // namespace tare::table
