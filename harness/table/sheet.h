// SPDX-License-Identifier: Apache-2.0
// Results dealt out over tables, rows and columns; each cell holds a sample.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "table/projection.h"
#include "table/result_line.h"

namespace tare::table {

struct SheetCell {
  Key row = 0;
  Key column = 0;
  std::vector<double> values;       // in the order they were read: the k-th is of round k, but
  std::vector<uint32_t> holes;      // for rounds, from 0, whose line could not be read
  Key residue = 0;                  // of the first value
  std::vector<Key> other_residues;  // of the others, where they differ from it
  uint32_t source = 0;              // the file of the first value
  // Where the values, holes included, are those of another file from then on.
  struct Change {
    uint32_t round = 0;
    uint32_t source = 0;
    bool operator==(const Change&) const = default;
  };
  std::vector<Change> changes;

  size_t rounds() const { return values.size() + holes.size(); }
};

struct SheetTable {
  Key key = 0;
  std::vector<SheetCell> cells;

  // Null where nothing was measured, or nothing that could be read.
  const SheetCell* Find(Key row, Key column) const;

 private:
  friend class Sheet;
  absl::flat_hash_map<uint64_t, uint32_t> places_;  // of row and column: index into `cells`
};

class Sheet {
 public:
  // `tables` has units. All must outlive the sheet.
  Sheet(Projection* tables, Projection* rows, Projection* columns, Projection* residue)
      : tables_(tables), rows_(rows), columns_(columns), residue_(residue) {}

  void Add(const ResultLine& line);
  // A line that was refused: its values are gone, and its round is a hole.
  void AddHole(const ResultLine& line);

  // In the order of their keys.
  std::vector<const SheetTable*> Tables() const;
  std::vector<Key> RowsOf(const SheetTable& table) const;
  std::vector<Key> ColumnsOf(const SheetTable& table) const;
  // The unit of a table.
  absl::string_view UnitOf(const SheetTable& table) const;
  // Names of what differs between the results of one cell though no projection shows it.
  std::vector<std::string> VaryingIn(const SheetCell& cell) const;

  const Projection& tables() const { return *tables_; }
  const Projection& rows() const { return *rows_; }
  const Projection& columns() const { return *columns_; }

 private:
  // Calls back with the index in the line and the cell of each measurement.
  template <class Callback>
  void ForEachCell(const ResultLine& line, Callback callback);

  Projection* tables_;
  Projection* rows_;
  Projection* columns_;
  Projection* residue_;
  std::vector<std::unique_ptr<SheetTable>> by_key_;  // null: no result yet
  std::vector<Key> table_keys_;                      // of the line at hand
};

}  // namespace tare::table
