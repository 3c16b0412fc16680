// SPDX-License-Identifier: Apache-2.0
// Test support: the table of every way to allocate or free, each with a plant whose price is known.
#pragma once

#include <string_view>
#include <vector>

#include "tare/alloc_scope.h"

namespace tare::count {

struct EntryPoint {
  const char* name;
  bool by_new;           // counted also where operator new alone is
  bool requested_known;  // false: the C library asks for a size of its own
  // Calls it a fixed number of times, gives the memory back, and returns what that must count.
  AllocCount (*plant)();
};

const std::vector<EntryPoint>& EntryPoints();

struct Verdict {
  const char* name;
  AllocCount planted;
  AllocCount counted;
  bool equal;
};

// Plants every entry point on this thread. `covers` as AllocScope::Covers() says.
std::vector<Verdict> CheckEntryPoints(std::string_view covers);

// Prints a table to standard output; true if all are equal.
bool PrintVerdicts(const std::vector<Verdict>& verdicts);

}  // namespace tare::count
