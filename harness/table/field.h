// SPDX-License-Identifier: Apache-2.0
// What a key of a filter or a projection reads from a result.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "table/result_line.h"
#include "table/symbols.h"

namespace tare::table {

// .name, .fullname, /key, or a key of the configuration. `.config` and `.unit` are no fields: they
// stand for several values.
class Field {
 public:
  // An error for the empty key.
  static absl::StatusOr<Field> Parse(absl::string_view key, Symbols* symbols);

  // A view into the line or the symbols; empty where the line has no such value.
  absl::string_view Of(const ResultLine& line) const;

  bool of_name() const { return kind_ != Kind::kConfig; }
  // The value of a field of the configuration.
  Symbol ConfigOf(const ResultLine& line) const { return line.Config(symbol_); }

 private:
  enum class Kind { kName, kFullName, kNameKey, kConfig };

  Kind kind_ = Kind::kConfig;
  std::string key_;
  Symbol symbol_ = 0;
  const Symbols* symbols_ = nullptr;
};

}  // namespace tare::table
