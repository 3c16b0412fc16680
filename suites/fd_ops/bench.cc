// SPDX-License-Identifier: Apache-2.0
// What everything a read or write needs, embedded in the descriptor, is worth: Go's TCP4Persistent
// in C++.
#include <cstddef>
#include <vector>

#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/datagram.h"
#include "impl/fd_ops/floor.h"
#include "impl/fd_ops/hand_loop.h"
#include "impl/fd_ops/reference.h"
#include "suites/fd_ops/asio.h"
#include "suites/fd_ops/libevent.h"
#include "suites/fd_ops/libuv.h"
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
struct FromRow : RoundTrips<V> {
  FromRow(const Row& row, bool deadlines, io::Transport transport = io::Transport::kTcp4)
      : RoundTrips<V>(static_cast<size_t>(row["conns"]), ExchangeOf(row, deadlines), transport) {}

  // A poll over 2,000 descriptors takes 0.4 ms, a mebibyte there and back 1 ms and more.
  static int64_t Counted(const Row& row) {
    if (row["size"] > 64 << 10) return 20;
    return row["conns"] > row["active"] ? 100 : 1000;
  }
};

template <class V>
struct TCP4Persistent : FromRow<V> {
  explicit TCP4Persistent(const Row& row) : FromRow<V>(row, false) {}
};

// The same with a deadline set, an hour ahead, before every read and every write.
template <class V>
struct TCP4PersistentTimeout : FromRow<V> {
  explicit TCP4PersistentTimeout(const Row& row) : FromRow<V>(row, true) {}
};

template <class V>
struct TCP6Persistent : FromRow<V> {
  explicit TCP6Persistent(const Row& row) : FromRow<V>(row, false, io::Transport::kTcp6) {}
};

template <class V>
struct UnixPersistent : FromRow<V> {
  explicit UnixPersistent(const Row& row) : FromRow<V>(row, false, io::Transport::kUnix) {}
};

// Datagrams to an address, and back to where they came from.
template <class V>
struct UDP4SendRecv : FromRow<V> {
  explicit UDP4SendRecv(const Row& row) : FromRow<V>(row, false, io::Transport::kUdp4) {}
};

template <template <class> class Body>
Suite<Body> OfStreams(const char* scenario) {
  Suite<Body> suite(scenario);
  suite.template Floor<fd_ops::Floor>()
      .template HandLoop<fd_ops::HandLoop>()
      .template Baseline<fd_ops::Baseline>()
      .template Reference<fd_ops::Reference>();
  return suite;
}

using Lines = std::vector<Row>;

// Quick in both scenarios, and in the one without deadlines only: all quick rows together must fit
// into a minute.
Lines Quickest() {
  return {{{"size", 512}}, {{"size", 512}, {"conns", 1000}, {"active", 1}}};
}
Lines Quick() {
  return {{{"size", 512}, {"buf", 512}}, {{"size", 512}, {"conns", 64}}};
}
Lines Full() {
  return {{{"size", 64}},
          {{"size", 4096}},
          {{"size", 512}, {"conns", 1000}},
          {{"size", 512}, {"threads", 2}},
          {{"size", 512}, {"threads", 4}}};
}

// Where ours are compared with peers, what an engineer would pick instead: at the numbers of
// connections.
bool ForPeers(const Row& row) {
  return row["size"] == 512 && row["buf"] == 4096 && row["threads"] == 1;
}

const bool registered[] = {
    OfStreams<TCP4Persistent>("FdOps/TCP4Persistent")
        .Variant<Asio>("asio", &ForPeers)
        .Variant<AsioCoro>("asio_coro", &ForPeers)
        .Variant<Libevent>("libevent", &ForPeers)
        .Variant<LibeventBufferevent>("libevent_bufferevent", &ForPeers)
        .Variant<Libuv>("libuv", &ForPeers)
        .Variant<LibuvTry>("libuv_try", &ForPeers)
        .Quick(Quickest())
        .Quick(Quick())
        .Rows(Full())
        .InModes({{{"size", 512}},
                  {{"size", 512}, {"conns", 64}},
                  {{"size", 512}, {"conns", 1000}},
                  {{"size", 512}, {"conns", 1000}, {"active", 1}}})
        .Register(),
    // Where sending without copying might pay. No floor and no hand loop: those know that a message
    // fits into the socket.
    Suite<TCP4Persistent>("FdOps/TCP4Persistent")
        .Rows({{{"size", 64 << 10}, {"buf", 64 << 10}}, {{"size", 1 << 20}, {"buf", 1 << 20}}})
        .Reference<fd_ops::Reference>()
        .InModes({{{"size", 4096}},
                  {{"size", 64 << 10}, {"buf", 64 << 10}},
                  {{"size", 1 << 20}, {"buf", 1 << 20}}})
        .Register(),
    // Of the peers only those whose operations know deadlines: the others would need a timer beside
    // each.
    OfStreams<TCP4PersistentTimeout>("FdOps/TCP4PersistentTimeout")
        .Variant<Libevent>("libevent", &ForPeers)
        .Variant<LibeventBufferevent>("libevent_bufferevent", &ForPeers)
        .Quick(Quickest())
        .Rows(Quick())
        .Rows(Full())
        .Register(),
    OfStreams<TCP6Persistent>("FdOps/TCP6Persistent").Rows({{{"size", 512}}}).Register(),
    OfStreams<UnixPersistent>("FdOps/UnixPersistent").Rows({{{"size", 512}}}).Register(),
    Suite<UDP4SendRecv>("FdOps/UDP4SendRecv")
        .Rows({{{"size", 512}}})
        .Floor<fd_ops::DatagramFloor>()
        .Baseline<fd_ops::DatagramBaseline>()
        .Reference<fd_ops::DatagramReference>()
        .Register(),
};

}  // namespace
}  // namespace tare::suites
