// SPDX-License-Identifier: Apache-2.0
// What everything a read or write needs, embedded in the descriptor, is worth: Go's TCP4Persistent
// in C++.
#include <cstddef>
#include <vector>

#include "impl/fd_ops/accepting.h"
#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/both_ways.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/datagram.h"
#include "impl/fd_ops/floor.h"
#include "impl/fd_ops/hand_loop.h"
#include "impl/fd_ops/one_shot.h"
#include "impl/fd_ops/reference.h"
#include "suites/fd_ops/accepts.h"
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

// Each operation is a connection's life: dial, one exchange, close.
template <class V>
struct TCP4OneShot : FromRow<V> {
  explicit TCP4OneShot(const Row& row) : FromRow<V>(row, false) {}
};

template <class V>
struct TCP4OneShotTimeout : FromRow<V> {
  explicit TCP4OneShotTimeout(const Row& row) : FromRow<V>(row, true) {}
};

template <class V>
struct UnixOneShot : FromRow<V> {
  explicit UnixOneShot(const Row& row) : FromRow<V>(row, false, io::Transport::kUnix) {}
};

// Each operation is a message in either direction, at the same time.
template <class V>
struct TCP4ConcurrentReadWrite : FromRow<V> {
  explicit TCP4ConcurrentReadWrite(const Row& row) : FromRow<V>(row, false) {}
};

template <class V>
struct UnixConcurrentReadWrite : FromRow<V> {
  explicit UnixConcurrentReadWrite(const Row& row) : FromRow<V>(row, false, io::Transport::kUnix) {}
};

// Each operation is an accept; dialling and closing are bare calls in every variant.
template <class V>
struct TCP4Accept : Accepts<V> {
  explicit TCP4Accept(const Row& row) : Accepts<V>(static_cast<int>(row["conns"])) {}
  static int64_t Counted(const Row&) { return 1000; }
};

template <template <class> class Body>
Suite<Body> OfOneShots(const char* scenario) {
  Suite<Body> suite(scenario);
  suite.template Floor<fd_ops::OneShotFloor>()
      .template Baseline<fd_ops::OneShotBaseline>()
      .template Reference<fd_ops::OneShotReference>();
  return suite;
}

template <template <class> class Body>
Suite<Body> OfBothWays(const char* scenario) {
  Suite<Body> suite(scenario);
  suite.template Floor<fd_ops::BothWaysFloor>()
      .template Baseline<fd_ops::BothWaysBaseline>()
      .template Reference<fd_ops::BothWaysReference>();
  return suite;
}

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

// All quick rows together must fit into a minute. Those with 1,000 connections take four times as
// long as others, which goes into opening them: quick without deadlines only, and without peers.
Lines Message() {
  return {{{"size", 512}}};
}
Lines Sparse() {
  return {{{"size", 512}, {"conns", 1000}, {"active", 1}}};
}
Lines OtherQuick() {
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
bool QuickForPeers(const Row& row) {
  return row["conns"] == 1;
}

const bool registered[] = {
    OfStreams<TCP4Persistent>("FdOps/TCP4Persistent")
        .Variant<Asio>("asio", &ForPeers, &QuickForPeers)
        .Variant<AsioCoro>("asio_coro", &ForPeers, &QuickForPeers)
        .Variant<Libevent>("libevent", &ForPeers, &QuickForPeers)
        .Variant<LibeventBufferevent>("libevent_bufferevent", &ForPeers, &QuickForPeers)
        .Variant<Libuv>("libuv", &ForPeers, &QuickForPeers)
        .Variant<LibuvTry>("libuv_try", &ForPeers, &QuickForPeers)
        .Quick(Message())
        .Quick(Sparse())
        .Quick(OtherQuick())
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
        .Variant<Libevent>("libevent", &ForPeers, &QuickForPeers)
        .Variant<LibeventBufferevent>("libevent_bufferevent", &ForPeers, &QuickForPeers)
        .Quick(Message())
        .Rows(Sparse())
        .Rows(OtherQuick())
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
    OfOneShots<TCP4OneShot>("FdOps/TCP4OneShot")
        .Variant<AsioOneShot>("asio")
        .Variant<LibeventOneShot>("libevent_bufferevent")
        .Variant<LibuvOneShot>("libuv")
        .Rows({{{"size", 512}}, {{"size", 512}, {"conns", 64}}})
        .Register(),
    OfOneShots<TCP4OneShotTimeout>("FdOps/TCP4OneShotTimeout").Rows({{{"size", 512}}}).Register(),
    OfOneShots<UnixOneShot>("FdOps/UnixOneShot").Rows({{{"size", 512}}}).Register(),
    OfBothWays<TCP4ConcurrentReadWrite>("FdOps/TCP4ConcurrentReadWrite")
        .Rows({{{"size", 512}}, {{"size", 65536}, {"buf", 65536}}})
        .Register(),
    OfBothWays<UnixConcurrentReadWrite>("FdOps/UnixConcurrentReadWrite")
        .Rows({{{"size", 512}}})
        .Register(),
    Suite<TCP4Accept>("FdOps/TCP4Accept")
        .Rows({{{"conns", 1}}, {{"conns", 64}}})
        .Floor<fd_ops::AcceptingFloor>()
        .Baseline<fd_ops::AcceptingBaseline>()
        .Reference<fd_ops::AcceptingReference>()
        .Register(),
};

}  // namespace
}  // namespace tare::suites
