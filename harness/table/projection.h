// SPDX-License-Identifier: Apache-2.0
// Projections: which fields of a result make the table, the row or the column it belongs to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "table/field.h"
#include "table/filter.h"
#include "table/result_line.h"
#include "table/symbols.h"

namespace tare::table {

// A tuple of values of one projection: results with equal values have equal keys.
using Key = uint32_t;

// One dimension of a key.
struct Dimension {
  std::string name;
  size_t index = 0;  // into the values of a key
  // By what values are ordered: their first appearance, a fixed list, or a function.
  enum class Order { kFirst, kFixed, kFunction } order = Order::kFirst;
  // kFirst: where each value appeared. Empty for what `.config` stands for, as in the original:
  // those values are in the order of their bytes.
  absl::flat_hash_map<Symbol, size_t> places;  // also of kFixed
  std::function<int(absl::string_view, absl::string_view)> compare;
};

// Made by Projections, which it must not outlive.
class Projection {
 public:
  ~Projection();
  // The key of a line; new keys of the configuration add dimensions under `.config`.
  Key Of(const ResultLine& line);
  // One key a measurement, for a projection with units.
  void OfEach(const ResultLine& line, std::vector<Key>* keys);

  // In the order they count for sorting.
  std::vector<const Dimension*> Dimensions() const;
  absl::string_view Value(Key key, const Dimension& dimension) const;
  // The values that are not empty, with a space between them.
  std::string Text(Key key) const;
  // Each as "name:value", also those in Text.
  std::string NamedText(Key key) const;
  size_t size() const { return keys_.size(); }

  // Ascending by the dimensions, values of no order by their bytes.
  void Sort(std::vector<Key>* keys) const;

 private:
  friend class Projections;
  struct Part;
  struct Shared;
  using Values = std::vector<Symbol>;  // without the empty ones at the end
  struct Hash {
    using is_transparent = void;
    size_t operator()(absl::Span<const Symbol> values) const {
      return absl::Hash<absl::Span<const Symbol>>()(values);
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(absl::Span<const Symbol> a, absl::Span<const Symbol> b) const { return a == b; }
  };

  Projection(Symbols* symbols, std::shared_ptr<Shared> shared);
  size_t AddDimension(Part* part, std::string name);
  void Fill(const ResultLine& line);
  Key Intern();
  bool Less(const std::vector<const Dimension*>& dimensions, Key a, Key b) const;
  Symbol At(Key key, size_t index) const;

  Symbols* symbols_;
  std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<std::unique_ptr<Dimension>> dimensions_;  // by index
  std::optional<size_t> unit_index_;
  Values row_;  // of the line at hand, by index
  std::vector<Values> keys_;
  absl::flat_hash_map<Values, Key, Hash, Equal> known_;
};

// Projections of the same results: what one of them names leaves `.config` and `.fullname` of the
// others.
class Projections {
 public:
  // `symbols` must outlive it.
  explicit Projections(Symbols* symbols);

  // `key`, `key@alpha`, `key@num`, `key@(a b)`, with commas or spaces between several. Keys are
  // those of filters, and `.config`: all of the configuration. A fixed order also narrows `filter`.
  // `with_units` adds the unit as the last dimension.
  absl::StatusOr<std::unique_ptr<Projection>> Parse(absl::string_view text, Filter* filter,
                                                    bool with_units = false);

  // What no projection has named: results that share a cell should agree in it. `with_file`: in
  // .file as well, which benchstat leaves out.
  std::unique_ptr<Projection> Residue(bool with_file = false);

 private:
  struct Order;
  absl::Status Add(Projection* projection, absl::string_view text, const std::string& key,
                   size_t key_offset, const Order& order, Filter* filter);

  Symbols* symbols_;
  std::shared_ptr<Projection::Shared> shared_;
};

}  // namespace tare::table
