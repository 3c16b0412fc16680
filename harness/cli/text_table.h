// SPDX-License-Identifier: Apache-2.0
// Cells in aligned columns.
#pragma once

#include <string>
#include <vector>

namespace tare::cli {

class TextTable {
 public:
  enum class Align { kLeft, kRight };

  // One entry a column.
  explicit TextTable(std::vector<Align> columns) : columns_(std::move(columns)) {}

  // At most as many cells as there are columns.
  void AddRow(std::vector<std::string> cells);
  // As AddRow, then `text` in place of the columns that are left, whatever its width.
  void AddRowWithText(std::vector<std::string> cells, std::string text);
  // A line of its own, whatever its width; may be empty.
  void AddLine(std::string text);

  // Columns are two spaces apart and as wide as their widest cell, in code points; no line ends in
  // spaces.
  std::string Render() const;

 private:
  struct Line {
    std::vector<std::string> cells;
    std::string text;
  };

  std::vector<Align> columns_;
  std::vector<Line> lines_;
};

}  // namespace tare::cli
