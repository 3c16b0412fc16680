// SPDX-License-Identifier: Apache-2.0
// Widths in code points, padding, joining; a layout of several lines where one is too long.
#include "cli/text_table.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tare::cli {
namespace {

constexpr size_t kGap = 2;     // between columns
constexpr size_t kIndent = 4;  // of what stands below its row

size_t Width(absl::string_view text) {
  size_t width = 0;
  bool escape = false;  // a colour: ESC [ digits m
  for (const char c : text) {
    escape = escape || c == '\x1b';
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    width += escape || continues ? 0 : 1;
    escape = escape && c != 'm';
  }
  return width;
}

size_t WidthOf(const std::vector<size_t>& columns, const std::vector<size_t>& widths) {
  size_t width = columns.empty() ? 0 : (columns.size() - 1) * kGap;
  for (const size_t column : columns) width += widths[column];
  return width;
}

void AppendLine(std::string text, std::string* out) {
  absl::StripTrailingAsciiWhitespace(&text);
  absl::StrAppend(out, text, "\n");
}

}  // namespace

void TextTable::AddRow(std::vector<std::string> cells) {
  lines_.push_back({std::move(cells), ""});
}

void TextTable::AddRowWithText(std::vector<std::string> cells, std::string text) {
  lines_.push_back({std::move(cells), std::move(text)});
}

void TextTable::AddLine(std::string text) {
  lines_.push_back({{}, std::move(text)});
}

std::vector<size_t> TextTable::Widths() const {
  std::vector<size_t> widths(columns_.size());
  for (const Line& line : lines_) {
    for (size_t i = 0; i < line.cells.size(); ++i) {
      widths[i] = std::max(widths[i], Width(line.cells[i]));
    }
  }
  return widths;
}

bool TextTable::FitsOnOneLine(const Layout& layout, const std::vector<size_t>& widths,
                              size_t width) const {
  if (width == 0) return true;
  return std::all_of(lines_.begin(), lines_.end(), [&](const Line& line) {
    if (line.cells.empty()) return true;  // it is folded
    // Only as far as there are cells: a text stands in place of the columns that are left.
    std::vector<size_t> columns;
    for (const size_t column : layout.lines[0]) {
      if (column < line.cells.size()) columns.push_back(column);
    }
    const size_t text = line.text.empty() ? 0 : kGap + Width(line.text);
    return WidthOf(columns, widths) + text <= width;
  });
}

TextTable::Layout TextTable::LayOut(size_t width) const {
  const std::vector<size_t> widths = Widths();
  Layout layout;
  for (size_t left_out = 0; left_out <= may_leave_out_.size(); ++left_out) {
    layout.left_out = left_out;
    std::vector<size_t> columns;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const auto end = may_leave_out_.begin() + static_cast<std::ptrdiff_t>(left_out);
      if (std::find(may_leave_out_.begin(), end, i) == end) columns.push_back(i);
    }
    layout.lines = {columns};
    if (columns.empty() || FitsOnOneLine(layout, widths, width)) return layout;
    // The first cell, then the others on as few lines as possible.
    layout.lines = {{columns[0]}};
    for (size_t i = 1; i < columns.size(); ++i) {
      std::vector<size_t> longer = layout.lines.back();
      longer.push_back(columns[i]);
      if (layout.lines.size() == 1 || kIndent + WidthOf(longer, widths) > width) {
        layout.lines.push_back({columns[i]});
      } else {
        layout.lines.back() = std::move(longer);
      }
    }
    if (layout.lines.size() <= 2) return layout;
  }
  return layout;
}

std::string TextTable::Render(size_t width) const {
  const std::vector<size_t> widths = Widths();
  const Layout layout = LayOut(width);
  const bool is_folded = layout.lines.size() > 1;
  std::string out;
  for (const Line& line : lines_) {
    if (line.cells.empty()) {
      AppendLine(Folded(line.text, width, kIndent), &out);
      continue;
    }
    std::string text;
    for (size_t k = 0; k < layout.lines.size(); ++k) {
      text.assign(k > 0 ? kIndent : 0, ' ');
      bool is_first = true, is_blank = true;
      for (const size_t i : layout.lines[k]) {
        if (i >= line.cells.size()) break;
        const std::string& cell = line.cells[i];
        const std::string padding(widths[i] - Width(cell), ' ');
        if (!is_first) text.append(kGap, ' ');
        text += columns_[i] == Align::kRight && !(is_folded && k == 0) ? padding + cell
                                                                       : cell + padding;
        is_first = false;
        is_blank = is_blank && cell.empty();
      }
      if (is_folded && !(k > 0 && is_blank)) AppendLine(text, &out);
    }
    if (is_folded) {
      if (line.text.empty()) continue;
      AppendLine(Folded(std::string(kIndent, ' ') + line.text, width, kIndent), &out);
      continue;
    }
    if (!line.text.empty()) text += "  ";
    AppendLine(text + line.text, &out);
  }
  return out;
}

std::string Folded(absl::string_view text, size_t width, size_t indent) {
  if (width == 0) return std::string(text);
  std::vector<std::string> folded;
  for (const absl::string_view whole : absl::StrSplit(text, '\n')) {
    const size_t begin = std::min(whole.find_first_not_of(' '), whole.size());
    std::string line(whole.substr(0, begin));
    bool is_empty = true;
    for (const absl::string_view word : absl::StrSplit(whole.substr(begin), ' ')) {
      if (!is_empty && Width(line) + 1 + Width(word) > width) {
        folded.push_back(std::move(line));
        line = std::string(indent, ' ');
        is_empty = true;
      }
      absl::StrAppend(&line, is_empty ? "" : " ", word);
      is_empty = false;
    }
    folded.push_back(std::move(line));
  }
  std::string out;
  for (size_t i = 0; i < folded.size(); ++i) absl::StrAppend(&out, i > 0 ? "\n" : "", folded[i]);
  return out;
}

}  // namespace tare::cli
