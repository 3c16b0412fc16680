// SPDX-License-Identifier: Apache-2.0
// Filters over results: `.name:Echo /size:(64 OR 512) -goos:windows .unit:/allocs/`.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "table/result_line.h"
#include "table/symbols.h"

namespace tare::table {

// The grammar of Go's benchproc: `key:value`, `key:"value"`, `key:/regexp/` (RE2, unanchored),
// `key:(a OR b)`, `*`, `-x`, `x AND y` or `x y`, `x OR y`, parentheses. Keys are .name, .fullname,
// /key of a name, a key of the configuration (.file too), and .unit, which picks measurements.
class Filter {
 public:
  // `symbols` must outlive the filter. The error of a query shows the place with a caret.
  static absl::StatusOr<Filter> Parse(absl::string_view query, Symbols* symbols);

  // Keeps of `line` the measurements that match; false if none is left.
  bool Apply(ResultLine* line) const;

  // Narrows the filter: the value of one more key must satisfy `accepts` too.
  void AndAlso(std::function<bool(const ResultLine&)> accepts);

  struct Node;

 private:
  explicit Filter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

  std::shared_ptr<const Node> root_;
  const Symbols* symbols_ = nullptr;
  std::vector<std::function<bool(const ResultLine&)>> accepts_;
};

}  // namespace tare::table
