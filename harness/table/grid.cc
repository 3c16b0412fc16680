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

void Grid::Row() {
  if (!items_.empty()) ++row_;
  column_ = 0;
}

void Grid::Cell(std::string text, Align align) {
  const absl::string_view margin = column_ == 0 || text.empty() ? "" : " ";
  Span(1, std::move(text), align, margin);
}

void Grid::Cell(std::string text, Align align, absl::string_view margin) {
  Span(1, std::move(text), align, margin);
}

void Grid::Span(size_t columns, std::string text, Align align, absl::string_view margin) {
  items_.push_back({row_, column_, columns, std::move(text), std::string(margin), align});
  column_ += columns;
  columns_ = std::max(columns_, column_);
}

void Grid::SetShrink(size_t column) {
  if (shrink_.size() <= column) shrink_.resize(column + 1);
  shrink_[column] = true;
}

void Grid::Widen(const Item& item, size_t margin, std::vector<size_t>* widths) const {
  const auto first = widths->begin() + static_cast<std::ptrdiff_t>(item.column);
  long needed = static_cast<long>(CodePoints(item.text) + margin);
  long there = 0;
  for (size_t i = 0; i < item.span; ++i) there += static_cast<long>(first[static_cast<long>(i)]);
  if (there >= needed) return;
  std::vector<size_t> growing;
  for (size_t column = item.column; column < item.column + item.span; ++column) {
    if (column < shrink_.size() && shrink_[column]) {
      needed -= static_cast<long>((*widths)[column]);
    } else {
      growing.push_back(column);
    }
  }
  // The widest first: what it has beyond the average is spared by the others.
  std::stable_sort(growing.begin(), growing.end(),
                   [&](size_t a, size_t b) { return (*widths)[a] > (*widths)[b]; });
  long left = static_cast<long>(growing.size());
  for (const size_t column : growing) {
    const long average = (needed + left - 1) / left;
    (*widths)[column] =
        static_cast<size_t>(std::max(static_cast<long>((*widths)[column]), average));
    needed -= static_cast<long>((*widths)[column]);
    --left;
  }
}

std::vector<size_t> Grid::Widths(const std::vector<size_t>& margins) const {
  std::vector<size_t> widths(columns_);
  std::vector<const Item*> spans;
  for (const Item& item : items_) {
    if (item.span == 1) {
      widths[item.column] =
          std::max(widths[item.column], CodePoints(item.text) + margins[item.column]);
    } else {
      spans.push_back(&item);
    }
  }
  std::stable_sort(spans.begin(), spans.end(),
                   [](const Item* a, const Item* b) { return a->span < b->span; });
  for (const Item* item : spans) Widen(*item, margins[item->column], &widths);
  return widths;
}

std::string Grid::Render() {
  std::vector<size_t> margins(columns_);
  for (const Item& item : items_) {
    margins[item.column] = std::max(margins[item.column], CodePoints(item.margin));
  }
  const std::vector<size_t> widths = Widths(margins);
  std::vector<long> offsets(columns_ + 1);
  for (size_t i = 0; i < columns_; ++i) offsets[i + 1] = offsets[i] + static_cast<long>(widths[i]);

  std::string out;
  size_t row = 0;
  long at = 0;
  for (const Item& item : items_) {
    if (IsBlank(item.text) && IsBlank(item.margin)) continue;  // no spaces at the end of a row
    for (; row < item.row; ++row) {
      out += '\n';
      at = 0;
    }
    const long margin = static_cast<long>(margins[item.column]);
    // Where a header was too wide the gap is negative, and printed as that many spaces.
    const long gap = offsets[item.column] - at;
    absl::StrAppend(&out, Padded("", gap), Padded(item.margin, margin));
    at += gap + margin;
    const long width = offsets[item.column + item.span] - offsets[item.column] - margin;
    std::string text = item.text;
    if (item.align == Align::kRight) text = Padded(text, width);
    if (item.align == Align::kCenter) {
      text = Padded("", (width - static_cast<long>(CodePoints(text))) / 2) + text;
    }
    at += static_cast<long>(CodePoints(text));
    out += text;
  }
  if (!items_.empty()) out += '\n';
  return out;
}

}  // namespace tare::table
