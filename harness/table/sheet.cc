// SPDX-License-Identifier: Apache-2.0
// One hash lookup a measurement.
#include "table/sheet.h"

#include <algorithm>

namespace tare::table {
namespace {

uint64_t Place(Key row, Key column) {
  return static_cast<uint64_t>(row) << 32 | column;
}

std::vector<Key> SortedKeys(std::vector<Key> keys, const Projection& projection) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  projection.Sort(&keys);
  return keys;
}

}  // namespace

const SheetCell* SheetTable::Find(Key row, Key column) const {
  const auto place = places_.find(Place(row, column));
  return place == places_.end() || cells[place->second].values.empty() ? nullptr
                                                                       : &cells[place->second];
}

template <class Callback>
void Sheet::ForEachCell(const ResultLine& line, Callback callback) {
  tables_->OfEach(line, &table_keys_);
  const Key row = rows_->Of(line), column = columns_->Of(line), residue = residue_->Of(line);
  for (size_t i = 0; i < table_keys_.size(); ++i) {
    const Key key = table_keys_[i];
    if (key >= by_key_.size()) by_key_.resize(key + 1);
    std::unique_ptr<SheetTable>& table = by_key_[key];
    if (table == nullptr) {
      table = std::make_unique<SheetTable>();
      table->key = key;
    }
    const auto [place, is_new] =
        table->places_.try_emplace(Place(row, column), static_cast<uint32_t>(table->cells.size()));
    if (is_new) table->cells.push_back({row, column, {}, {}, residue, {}, line.source, {}});
    SheetCell& cell = table->cells[place->second];
    if (line.source != (cell.changes.empty() ? cell.source : cell.changes.back().source)) {
      cell.changes.push_back({static_cast<uint32_t>(cell.rounds()), line.source});
    }
    callback(i, &cell);
    if (residue != cell.residue && std::find(cell.other_residues.begin(), cell.other_residues.end(),
                                             residue) == cell.other_residues.end()) {
      cell.other_residues.push_back(residue);
    }
  }
}

void Sheet::Add(const ResultLine& line) {
  ForEachCell(line,
              [&](size_t i, SheetCell* cell) { cell->values.push_back(line.values[i].value); });
}

void Sheet::AddHole(const ResultLine& line) {
  ForEachCell(line, [](size_t, SheetCell* cell) {
    cell->holes.push_back(static_cast<uint32_t>(cell->rounds()));
  });
}

std::vector<const SheetTable*> Sheet::Tables() const {
  std::vector<Key> keys;
  for (const auto& table : by_key_) {
    if (table != nullptr) keys.push_back(table->key);
  }
  tables_->Sort(&keys);
  std::vector<const SheetTable*> tables;
  for (const Key key : keys) tables.push_back(by_key_[key].get());
  return tables;
}

std::vector<Key> Sheet::RowsOf(const SheetTable& table) const {
  std::vector<Key> keys;
  for (const SheetCell& cell : table.cells) keys.push_back(cell.row);
  return SortedKeys(std::move(keys), *rows_);
}

std::vector<Key> Sheet::ColumnsOf(const SheetTable& table) const {
  std::vector<Key> keys;
  for (const SheetCell& cell : table.cells) keys.push_back(cell.column);
  return SortedKeys(std::move(keys), *columns_);
}

absl::string_view Sheet::UnitOf(const SheetTable& table) const {
  return tables_->Value(table.key, *tables_->Dimensions().back());
}

std::vector<std::string> Sheet::VaryingIn(const SheetCell& cell) const {
  std::vector<std::string> names;
  if (cell.other_residues.empty()) return names;
  for (const Dimension* dimension : residue_->Dimensions()) {
    const absl::string_view first = residue_->Value(cell.residue, *dimension);
    if (std::any_of(cell.other_residues.begin(), cell.other_residues.end(),
                    [&](Key other) { return residue_->Value(other, *dimension) != first; })) {
      names.push_back(dimension->name);
    }
  }
  return names;
}

}  // namespace tare::table
