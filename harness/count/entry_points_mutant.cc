// SPDX-License-Identifier: Apache-2.0
// A program whose counter is broken on purpose: the entry point named on its command line escapes
// it.
//
//   entry_points_mutant          runs the table with the counter as it is
//   entry_points_mutant malloc   the same, but malloc goes to jemalloc uncounted
//   entry_points_mutant --list   names what can be broken
//
// Linked with --wrap for each of them (CMakeLists.txt has the same list). Exits with 1 if the table
// finds a row wrong.

#include <stdio.h>
#include <string.h>

#include "count/counters.h"
#include "count/entry_points.h"
#include "count/jemalloc.h"

namespace {

const char* g_missed = "";

bool Missed(const char* name) {
  return strcmp(name, g_missed) == 0;
}

}  // namespace

// MUTANT(result, symbol, parameters, arguments, where it goes uncounted)
#define MUTANT(result, symbol, parameters, arguments, uncounted)    \
  extern "C" result __real_##symbol parameters;                     \
  extern "C" result __wrap_##symbol parameters;                     \
  result __wrap_##symbol parameters {                               \
    return Missed(#symbol) ? uncounted : __real_##symbol arguments; \
  }
#include "count/entry_points_mutants.inc"
#undef MUTANT

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
#define MUTANT(result, symbol, parameters, arguments, uncounted) puts(#symbol);
#include "count/entry_points_mutants.inc"
#undef MUTANT
    return 0;
  }
  tare::count::EntryPoints();
  if (argc == 2) g_missed = argv[1];
  const auto verdicts = tare::count::CheckEntryPoints(tare::AllocScope::Covers());
  g_missed = "";
  return tare::count::PrintVerdicts(verdicts) ? 0 : 1;
}
