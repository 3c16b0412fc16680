// SPDX-License-Identifier: Apache-2.0
// Cells in aligned columns.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

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
  // A column that may be left out where the lines are short; those that are named first go first.
  void MayLeaveOut(size_t column) { may_leave_out_.push_back(column); }

  // Columns are two spaces apart and as wide as their widest cell, in code points; no line ends in
  // spaces.
  //
  // Where that is wider than `width` (0: any width will do), columns are left out that may be, then
  // the first cell of a row stands on a line of its own, the others below it on as many lines as
  // they need, and texts are folded between words. A word that is wider stays whole.
  std::string Render(size_t width = 0) const;
  // Whether Render left columns out.
  bool LeavesOut(size_t width) const { return LayOut(width).left_out > 0; }

 private:
  struct Line {
    std::vector<std::string> cells;
    std::string text;
  };
  struct Layout {
    size_t left_out = 0;                     // columns, from the first of may_leave_out_ on
    std::vector<std::vector<size_t>> lines;  // columns, by the line of a row on which they stand
  };

  std::vector<size_t> Widths() const;
  Layout LayOut(size_t width) const;
  bool FitsOnOneLine(const Layout& layout, const std::vector<size_t>& widths, size_t width) const;

  std::vector<Align> columns_;
  std::vector<Line> lines_;
  std::vector<size_t> may_leave_out_;
};

// `text` with line ends instead of spaces, so that no line is wider than `width` code points (0:
// any) unless a single word is; further lines begin with `indent` spaces. Lines of the text stay
// apart. Escape sequences of colours take no room.
std::string Folded(absl::string_view text, size_t width, size_t indent);

}  // namespace tare::cli
