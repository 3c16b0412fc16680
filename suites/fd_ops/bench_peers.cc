// SPDX-License-Identifier: Apache-2.0
// The timed loops of what an engineer would pick instead.
#include "suites/fd_ops/asio.h"
#include "suites/fd_ops/libevent.h"
#include "suites/fd_ops/libuv.h"
#include "suites/fd_ops/scenarios.h"

namespace tare::suites {

namespace {

// Where ours are compared with peers: at the numbers of connections.
bool ForPeers(const Row& row) {
  return row["size"] == 512 && row["buf"] == 4096 && row["threads"] == 1;
}
bool QuickForPeers(const Row& row) {
  return row["conns"] == 1;
}

}  // namespace

void AddPeers(Trips& suite) {
  suite.Variant<Asio>("asio", &ForPeers, &QuickForPeers)
      .Variant<AsioCoro>("asio_coro", &ForPeers, &QuickForPeers)
      .With(&AddPeersWithDeadlines)
      .Variant<Libuv>("libuv", &ForPeers, &QuickForPeers)
      .Variant<LibuvTry>("libuv_try", &ForPeers, &QuickForPeers);
}

void AddPeersWithDeadlines(Trips& suite) {
  suite.Variant<Libevent>("libevent", &ForPeers, &QuickForPeers)
      .Variant<LibeventBufferevent>("libevent_bufferevent", &ForPeers, &QuickForPeers);
}

void AddOneShotPeers(Trips& suite) {
  suite.Variant<AsioOneShot>("asio")
      .Variant<LibeventOneShot>("libevent_bufferevent")
      .Variant<LibuvOneShot>("libuv");
}

}  // namespace tare::suites
