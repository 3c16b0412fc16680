// SPDX-License-Identifier: Apache-2.0
// Widths in code points, padding, joining.
#include "cli/text_table.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"

namespace tare::cli {
namespace {

size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a continuation byte
  }));
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

std::string TextTable::Render() const {
  std::vector<size_t> widths(columns_.size());
  for (const Line& line : lines_) {
    for (size_t i = 0; i < line.cells.size(); ++i) {
      widths[i] = std::max(widths[i], Width(line.cells[i]));
    }
  }
  std::string out;
  for (const Line& line : lines_) {
    std::string text;
    for (size_t i = 0; i < line.cells.size(); ++i) {
      const std::string padding(widths[i] - Width(line.cells[i]), ' ');
      if (i > 0) text += "  ";
      text += columns_[i] == Align::kRight ? padding + line.cells[i] : line.cells[i] + padding;
    }
    if (!line.cells.empty() && !line.text.empty()) text += "  ";
    text += line.text;
    absl::StripTrailingAsciiWhitespace(&text);
    out += text + "\n";
  }
  return out;
}

}  // namespace tare::cli
