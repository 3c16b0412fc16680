// SPDX-License-Identifier: Apache-2.0
// The bodies of fd_ops' scenarios, and which file adds which variants to them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "impl/base/socket.h"
#include "suites/fd_ops/accepts.h"
#include "suites/fd_ops/round_trips.h"
#include "suites/fd_ops/send_files.h"
#include "suites/support/suite.h"

namespace tare::suites {

// Round trips as the row and its scenario say: one compiled loop for all scenarios of a variant,
// whatever the transport, with deadlines (an hour ahead, before every read and every write) or not.
template <class V>
struct FromRow : RoundTrips<V> {
  explicit FromRow(const Row& row)
      : RoundTrips<V>(static_cast<size_t>(row["conns"]),
                      {static_cast<size_t>(row["size"]), static_cast<size_t>(row["buf"]),
                       static_cast<int>(row["active"]), row["deadlines"] != 0},
                      static_cast<io::Transport>(row["transport"])) {}

  // A poll over 2,000 descriptors takes 0.4 ms, a mebibyte there and back 1 ms and more.
  static int64_t Counted(const Row& row) {
    if (row["size"] > 64 << 10) return 20;
    return row["conns"] > row["active"] ? 100 : 1000;
  }
};

// Each operation is an accept; dialling and closing are bare calls in every variant.
template <class V>
struct AcceptsFromRow : Accepts<V> {
  explicit AcceptsFromRow(const Row& row) : Accepts<V>(static_cast<int>(row["conns"])) {}
  static int64_t Counted(const Row&) { return 1000; }
};

// Each operation is a whole file, in memory, whose receiver drops it.
template <class V>
struct SendFilesFromRow : SendFiles<V> {
  explicit SendFilesFromRow(const Row& row)
      : SendFiles<V>(io::Transport::kTcp4, static_cast<size_t>(row["size"])) {}
  static int64_t Counted(const Row& row) { return row["size"] > 64 << 10 ? 20 : 1000; }
};

using Trips = Suite<FromRow>;

// Connections that stay.
void AddFloor(Trips& suite);             // bench_hand_loop.cc
void AddHandLoop(Trips& suite);          // bench_hand_loop.cc
void AddBaseline(Trips& suite);          // bench_baseline.cc
void AddReference(Trips& suite);         // bench_reference.cc
void AddReferenceInModes(Trips& suite);  // bench_modes.cc
void AddPeers(Trips& suite);             // bench_peers.cc
// Of the peers only those whose operations know deadlines: the others would need a timer beside
// each.
void AddPeersWithDeadlines(Trips& suite);  // bench_peers.cc

// Datagrams to an address, and back to where they came from.
void AddDatagrams(Trips& suite);  // bench_datagram.cc

// Each operation is a connection's life: dial, one exchange, close.
void AddOneShots(Trips& suite);      // bench_one_shot.cc
void AddOneShotPeers(Trips& suite);  // bench_peers.cc

// Each operation is a message in either direction, at the same time.
void AddBothWays(Trips& suite);  // bench_both_ways.cc

void AddAccepting(Suite<AcceptsFromRow>& suite);   // bench_accepting.cc
void AddSendFile(Suite<SendFilesFromRow>& suite);  // bench_send_file.cc

}  // namespace tare::suites
