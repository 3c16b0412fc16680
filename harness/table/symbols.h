// SPDX-License-Identifier: Apache-2.0
// Texts as small numbers: equal texts have equal numbers, and each is kept once.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace tare::table {

// A text of a Symbols; 0 is the empty text.
using Symbol = uint32_t;

// For one thread. Symbols and views stay valid as long as it lives.
class Symbols {
 public:
  Symbols() { Intern(""); }
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;

  Symbol Intern(absl::string_view text);
  absl::string_view Text(Symbol symbol) const { return texts_[symbol]; }

 private:
  std::deque<std::string> texts_;  // does not move what it holds
  absl::flat_hash_map<absl::string_view, Symbol> symbols_;
};

}  // namespace tare::table
