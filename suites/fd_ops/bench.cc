// SPDX-License-Identifier: Apache-2.0
// What everything a read or write needs, embedded in the descriptor, is worth: Go's TCP4Persistent
// in C++.
#include <cstddef>

#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/floor.h"
#include "impl/fd_ops/hand_loop.h"
#include "impl/fd_ops/reference.h"
#include "suites/fd_ops/round_trips.h"
#include "suites/support/suite.h"

namespace tare::suites {
namespace {

namespace fd_ops = io::fd_ops;

fd_ops::Exchange ExchangeOf(const Row& row, bool deadlines) {
  return {static_cast<size_t>(row["size"]), static_cast<size_t>(row["buf"]),
          static_cast<int>(row["active"]), deadlines};
}

template <class V>
struct TCP4Persistent : RoundTrips<V> {
  explicit TCP4Persistent(const Row& row)
      : RoundTrips<V>(static_cast<size_t>(row["conns"]), ExchangeOf(row, false)) {}
};

// The same with a deadline set, an hour ahead, before every read and every write.
template <class V>
struct TCP4PersistentTimeout : RoundTrips<V> {
  explicit TCP4PersistentTimeout(const Row& row)
      : RoundTrips<V>(static_cast<size_t>(row["conns"]), ExchangeOf(row, true)) {}
};

template <template <class> class Body>
bool Register(const char* scenario) {
  return Suite<Body>(scenario)
      .Quick({{{"size", 512}},
              {{"size", 512}, {"buf", 512}},
              {{"size", 512}, {"conns", 64}},
              {{"size", 512}, {"conns", 1000}, {"active", 1}}})
      .Rows({{{"size", 64}},
             {{"size", 4096}},
             {{"size", 512}, {"conns", 1000}},
             {{"size", 512}, {"threads", 2}},
             {{"size", 512}, {"threads", 4}}})
      .template Floor<fd_ops::Floor>()
      .template HandLoop<fd_ops::HandLoop>()
      .template Baseline<fd_ops::Baseline>()
      .template Reference<fd_ops::Reference>()
      .Register();
}

const bool persistent = Register<TCP4Persistent>("FdOps/TCP4Persistent");
const bool timeout = Register<TCP4PersistentTimeout>("FdOps/TCP4PersistentTimeout");

}  // namespace
}  // namespace tare::suites
