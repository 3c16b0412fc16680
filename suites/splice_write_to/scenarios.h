// SPDX-License-Identifier: Apache-2.0
// The body of splice_write_to's scenarios, and which file adds which variants to them.
#pragma once

#include <cstdint>

#include "suites/splice_write_to/moves.h"
#include "suites/support/suite.h"

namespace tare::suites {

template <class V>
struct MovesFromRow : Moves<V> {
  explicit MovesFromRow(const Row& row)
      : Moves<V>(static_cast<MovesTo>(row["to"]), static_cast<uint64_t>(row["size"])) {}

  // A mebibyte takes a quarter of a millisecond and more.
  static int64_t Counted(const Row& row) {
    if (row["size"] >= 16 << 20) return 8;
    return row["size"] >= 1 << 20 ? 100 : 1000;
  }
};

using Splices = Suite<MovesFromRow>;

void AddBare(Splices& suite);       // bench_bare.cc
void AddBaseline(Splices& suite);   // bench_baseline.cc
void AddPublished(Splices& suite);  // bench_published.cc
void AddReference(Splices& suite);  // bench_reference.cc

}  // namespace tare::suites
