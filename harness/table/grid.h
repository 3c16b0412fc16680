// SPDX-License-Identifier: Apache-2.0
// Text in cells that may span columns, laid out as benchstat lays out its tables.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tare::table {

class Grid {
 public:
  enum class Align { kLeft, kCenter, kRight };

  // Begins a row.
  void Row();
  // Goes on to a column at or behind the current one.
  void Column(size_t column) { column_ = column; }
  size_t column() const { return column_; }

  // Adds a cell here and goes on behind it. Without a margin of its own a cell that is not empty
  // has one space to its left, but in the first column.
  void Cell(std::string text, Align align = Align::kLeft);
  void Cell(std::string text, Align align, absl::string_view margin);
  void Span(size_t columns, std::string text, Align align, absl::string_view margin);

  // A cell that spans the column does not widen it.
  void SetShrink(size_t column);

  std::string Render();

 private:
  struct Item {
    size_t row, column, span;
    std::string text;
    std::string margin;
    Align align;
  };
  std::vector<size_t> Widths(const std::vector<size_t>& margins) const;
  void Widen(const Item& item, size_t margin, std::vector<size_t>* widths) const;

  std::vector<Item> items_;
  std::vector<bool> shrink_;
  size_t columns_ = 0;
  size_t row_ = 0;
  size_t column_ = 0;
};

}  // namespace tare::table
