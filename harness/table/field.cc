// SPDX-License-Identifier: Apache-2.0
// Telling the kinds of keys apart by how they begin.
#include "table/field.h"

#include "absl/strings/match.h"
#include "table/name.h"

namespace tare::table {

absl::StatusOr<Field> Field::Parse(absl::string_view key, Symbols* symbols) {
  if (key.empty()) return absl::InvalidArgumentError("key must not be empty");
  Field field;
  field.key_ = std::string(key);
  field.symbols_ = symbols;
  if (key == ".name") {
    field.kind_ = Kind::kName;
  } else if (key == ".fullname") {
    field.kind_ = Kind::kFullName;
  } else if (absl::StartsWith(key, "/")) {
    field.kind_ = Kind::kNameKey;
  } else {
    field.symbol_ = symbols->Intern(key);
  }
  return field;
}

absl::string_view Field::Of(const ResultLine& line) const {
  switch (kind_) {
    case Kind::kName:
      return SplitName(line.name).base;
    case Kind::kFullName:
      return line.name;
    case Kind::kNameKey:
      return NameValue(line.name, key_);
    case Kind::kConfig:
      break;
  }
  return symbols_->Text(line.Config(symbol_));
}

}  // namespace tare::table
