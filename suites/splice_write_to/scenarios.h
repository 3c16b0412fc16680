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
      : Moves<V>(static_cast<MovesTo>(row["to"]), static_cast<uint64_t>(row["size"]),
                 static_cast<uint64_t>(row["piece"])) {}

  // A mebibyte takes a quarter of a millisecond and more, a byte alone some microseconds.
  static int64_t Counted(const Row& row) {
    if (static_cast<uint64_t>(row["size"]) >= kHuge) return 1;
    if (row["size"] >= 16 << 20) return 8;
    return row["size"] >= 1 << 20 || row["piece"] != 0 ? 100 : 1000;
  }
};

using Splices = Suite<MovesFromRow>;

void AddBare(Splices& suite);       // bench_bare.cc
void AddBaseline(Splices& suite);   // bench_baseline.cc
void AddPublished(Splices& suite);  // bench_published.cc
void AddReference(Splices& suite);  // bench_reference.cc
void AddRing(Splices& suite);       // bench_ring.cc

// Over one backend, for what takes long.
void AddBaselineOverEpoll(Splices& suite);
void AddReferenceOverEpoll(Splices& suite);

}  // namespace tare::suites
