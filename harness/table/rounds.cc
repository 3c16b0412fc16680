// SPDX-License-Identifier: Apache-2.0
// Rounds are counted from the first line of a cell on; a line that could not be read is a hole.
#include "table/rounds.h"

#include <algorithm>
#include <cstddef>

namespace tare::table {
namespace {

// By round; no value where the line could not be read.
std::vector<std::optional<double>> RoundsOf(const SheetCell& cell) {
  std::vector<std::optional<double>> rounds;
  auto hole = cell.holes.begin();
  for (const double value : cell.values) {
    while (hole != cell.holes.end() && *hole == rounds.size()) {
      rounds.emplace_back();
      ++hole;
    }
    rounds.emplace_back(value);
  }
  rounds.resize(cell.rounds());
  return rounds;
}

// Whether both have as many rounds of each file that they were read from, in the same order.
// `within_files`: and the files are the same ones; otherwise each has files of its own.
bool RoundsCorrespond(const SheetCell& base, const SheetCell& cell, bool within_files) {
  if (base.rounds() != cell.rounds()) return false;
  if (within_files) return base.source == cell.source && base.changes == cell.changes;
  return std::equal(base.changes.begin(), base.changes.end(), cell.changes.begin(),
                    cell.changes.end(),
                    [](const auto& a, const auto& b) { return a.round == b.round; });
}

}  // namespace

std::optional<Sides> InRounds(const SheetCell& base, const SheetCell& cell, bool within_files) {
  if (!RoundsCorrespond(base, cell, within_files)) return std::nullopt;
  if (base.holes.empty() && cell.holes.empty()) return Sides{base.values, cell.values};
  const std::vector<std::optional<double>> one = RoundsOf(base), other = RoundsOf(cell);
  Sides sides;
  for (size_t i = 0; i < one.size(); ++i) {
    if (!one[i].has_value() || !other[i].has_value()) continue;
    sides.base.push_back(*one[i]);
    sides.values.push_back(*other[i]);
  }
  if (sides.base.empty()) return std::nullopt;
  return sides;
}

}  // namespace tare::table
