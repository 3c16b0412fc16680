// SPDX-License-Identifier: Apache-2.0
// Text in cells that may span columns, laid out as benchstat lays out its tables.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tare::table {

class Grid {
 public:
  enum class Align { kLeft, kCenter, kRight };

  struct Cell {
    size_t column = 0;
    std::string text;
    Align align = Align::kLeft;
    // To its left. Nothing: one space, but none where the text is empty or the column the first.
    std::optional<std::string> margin = std::nullopt;
    size_t span = 1;  // columns, at least one
  };

  // The cells that follow are of a new row.
  void NextRow() { ++rows_; }
  // From left to right within a row, which NextRow has begun.
  void Put(Cell cell);
  // Cells that span the column do not widen it.
  void KeepNarrow(size_t column);

  std::string Render() const;

 private:
  struct Item {
    size_t row = 0;
    Cell cell;
    const std::string& margin() const { return *cell.margin; }
  };
  std::vector<size_t> Widths(const std::vector<size_t>& margins) const;
  void Widen(const Cell& cell, size_t margin, std::vector<size_t>* widths) const;

  std::vector<Item> items_;
  std::vector<bool> narrow_;  // by column, as far as one was named
  size_t columns_ = 0;
  size_t rows_ = 0;
};

}  // namespace tare::table
