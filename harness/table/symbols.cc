// SPDX-License-Identifier: Apache-2.0
// Lookup before storage, so that a text that is known costs no allocation.
#include "table/symbols.h"

namespace tare::table {

Symbol Symbols::Intern(absl::string_view text) {
  if (const auto known = symbols_.find(text); known != symbols_.end()) return known->second;
  const Symbol symbol = static_cast<Symbol>(texts_.size());
  texts_.emplace_back(text);
  symbols_.emplace(texts_.back(), symbol);
  return symbol;
}

}  // namespace tare::table
