// SPDX-License-Identifier: Apache-2.0
// Counting what a stretch of a test allocates, and the exchanges that are counted.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "impl/fd_ops/contract.h"
#include "suites/fd_ops/fd_fixture.h"
#include "suites/fd_ops/round_trips.h"
#include "tare/alloc_scope.h"

namespace tare::io::fd_ops {

// Whether allocations are counted here. Says so if not; the paths are run all the same.
inline bool AllocsAreCounted() {
  if (AllocScope::WhyNot().empty()) return true;
  NotApplicable(AllocScope::WhyNot());
  return false;
}

// What the process allocates while `code` runs; all zeros where nothing is counted.
template <class Code>
AllocCount AllocsOf(Code&& code) {
  const AllocScope scope;
  code();
  return scope.Delta();
}

// Runs `code`, and wants no allocation and no free from it.
template <class Code>
void ExpectNoAllocs(Code&& code) {
  const AllocCount count = AllocsOf(code);
  if (!AllocsAreCounted()) return;
  EXPECT_EQ(count.allocs, 0u) << count.bytes_requested << " bytes";
  EXPECT_EQ(count.frees, 0u);
}

// The exchanges of the suite: what bench.cc times is what is counted here.
struct CountedExchange {
  const char* name;
  size_t connections;
  Exchange exchange;
  int trips;
};
inline constexpr CountedExchange kExchanges[] = {
    {"size=64", 1, {.size = 64}, 1000},
    {"size=512", 1, {.size = 512}, 1000},
    {"size=4096", 1, {.size = 4096}, 1000},
    {"size=512/buf=512", 1, {.size = 512, .buf = 512}, 1000},
    {"size=512/conns=64", 64, {.active = 64}, 50},
    {"size=512/conns=1000", 1000, {.active = 1000}, 5},
    {"size=512/conns=1000/active=1", 1000, {.active = 1}, 200},
    {"deadlines/size=512", 1, {.deadlines = true}, 1000},
    {"deadlines/size=512/conns=64", 64, {.active = 64, .deadlines = true}, 50},
    {"deadlines/size=512/conns=1000", 1000, {.active = 1000, .deadlines = true}, 5},
};

// Makes so many trips of a body such as RoundTrips; "" or how one failed.
template <class Trips>
std::string MakeTrips(Trips& trips, int count) {
  for (int i = 0; i < count; ++i) {
    if (!trips.Trip()) return trips.Error();
  }
  return "";
}

}  // namespace tare::io::fd_ops
