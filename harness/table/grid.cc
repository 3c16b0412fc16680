// SPDX-License-Identifier: Apache-2.0
// Widths in code points: single cells first, then spans from the narrow to the wide.
#include "table/grid.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "table/go_text.h"

namespace tare::table {
namespace {

// "%*s": a negative width pads on the right.
std::string Padded(absl::string_view text, long width) {
  const long gap = std::labs(width) - static_cast<long>(CodePoints(text));
  const std::string spaces(static_cast<size_t>(std::max(0L, gap)), ' ');
  return width < 0 ? absl::StrCat(text, spaces) : absl::StrCat(spaces, text);
}

bool IsBlank(absl::string_view text) {
  return LeadingSpaceSize(text) == text.size();
}

}  // namespace

void Grid::Put(Cell cell) {
  if (!cell.margin.has_value()) cell.margin = cell.column == 0 || cell.text.empty() ? "" : " ";
  columns_ = std::max(columns_, cell.column + cell.span);
  items_.push_back({rows_, std::move(cell)});
}

void Grid::KeepNarrow(size_t column) {
  if (narrow_.size() <= column) narrow_.resize(column + 1);
  narrow_[column] = true;
}

// What the columns that may grow lack is dealt out from the widest on: what that one has beyond an
// equal share is spared by the others.
void Grid::Widen(const Cell& cell, size_t margin, std::vector<size_t>* widths) const {
  const size_t needed = CodePoints(cell.text) + margin;
  size_t fixed = 0;  // the width of the columns that stay as they are
  std::vector<size_t*> growing;
  for (size_t column = cell.column; column < cell.column + cell.span; ++column) {
    size_t& width = (*widths)[column];
    if (column < narrow_.size() && narrow_[column]) {
      fixed += width;
    } else {
      growing.push_back(&width);
    }
  }
  size_t there = fixed;
  for (const size_t* width : growing) there += *width;
  if (there >= needed) return;
  std::stable_sort(growing.begin(), growing.end(),
                   [](const size_t* a, const size_t* b) { return *a > *b; });
  long lacking = static_cast<long>(needed - fixed);
  for (size_t i = 0; i < growing.size(); ++i) {
    const long sharers = static_cast<long>(growing.size() - i);
    const long share = (lacking + sharers - 1) / sharers;  // up, and for what is below 0 towards 0
    *growing[i] = std::max(*growing[i], static_cast<size_t>(std::max(share, 0L)));
    lacking -= static_cast<long>(*growing[i]);
  }
}

std::vector<size_t> Grid::Widths(const std::vector<size_t>& margins) const {
  std::vector<size_t> widths(columns_);
  std::vector<const Cell*> spans;
  for (const auto& [row, cell] : items_) {
    const size_t own = CodePoints(cell.text) + margins[cell.column];
    if (cell.span == 1) {
      widths[cell.column] = std::max(widths[cell.column], own);
    } else {
      spans.push_back(&cell);
    }
  }
  std::stable_sort(spans.begin(), spans.end(),
                   [](const Cell* a, const Cell* b) { return a->span < b->span; });
  for (const Cell* cell : spans) Widen(*cell, margins[cell->column], &widths);
  return widths;
}

std::string Grid::Render() const {
  std::vector<size_t> margins(columns_);
  for (const Item& item : items_) {
    margins[item.cell.column] = std::max(margins[item.cell.column], CodePoints(item.margin()));
  }
  const std::vector<size_t> widths = Widths(margins);
  std::vector<long> begins(columns_ + 1);
  for (size_t i = 0; i < columns_; ++i) begins[i + 1] = begins[i] + static_cast<long>(widths[i]);

  std::string out;
  size_t row = items_.empty() ? 0 : items_.front().row;
  long at = 0;  // where the line ends so far
  for (const Item& item : items_) {
    const Cell& cell = item.cell;
    if (IsBlank(cell.text) && IsBlank(item.margin())) continue;  // no spaces at the end of a row
    for (; row < item.row; ++row) {
      out += '\n';
      at = 0;
    }
    const long margin = static_cast<long>(margins[cell.column]);
    // Where a header was too wide the gap is negative, and printed as that many spaces.
    const long gap = begins[cell.column] - at;
    const long size = static_cast<long>(CodePoints(cell.text));
    const long room = begins[cell.column + cell.span] - begins[cell.column] - margin;
    const long indent = cell.align == Align::kRight    ? std::max(0L, room - size)
                        : cell.align == Align::kCenter ? (room - size) / 2
                                                       : 0;
    absl::StrAppend(&out, Padded("", gap), Padded(item.margin(), margin), Padded("", indent),
                    cell.text);
    at += gap + margin + std::labs(indent) + size;
  }
  if (!items_.empty()) out += '\n';
  return out;
}

}  // namespace tare::table
