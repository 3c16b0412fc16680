// SPDX-License-Identifier: Apache-2.0
// Streams other than TCP over IPv4 keep the contract too: TCP over IPv6, and Unix sockets.
#include <cerrno>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(TransportTest);

constexpr Transport kFurtherStreams[] = {Transport::kTcp6, Transport::kUnix};

CONTRACT(TransportTest, S06_AStreamArrivesWhole) {
  Bed<B> bed;
  for (const Transport transport : kFurtherStreams) {
    Connection<B> c(bed, NewPair(transport));
    Pump<B> there(c.client, c.server, 3'000'000, 100'000, 1);
    Pump<B> back(c.server, c.client, 300'000, 700, 2);
    there.Start();
    back.Start();
    MUST(bed.PollUntil([&] { return there.finished() && back.finished(); }));
    MUST(there.wrong() + back.wrong() == "");
  }
  return bed.verdict();
}
CATCHES(TransportTest, S06_AStreamArrivesWhole, DropsACompletion, "bed.PollUntil(")

CONTRACT(TransportTest, S11_ConnectAndAcceptTellTheirAddresses) {
  Bed<B> bed;
  for (const Transport transport : kFurtherStreams) {
    Address at = Loopback(transport), peer;
    Endpoint<B> listener(bed, OwnedHandle(Listen(transport, at)));
    Endpoint<B> dialer(bed, OwnedHandle(NewSocket(transport)));
    listener.Accept(&peer);
    dialer.Connect(at);
    MUST(bed.PollUntilEnded(listener.in) && bed.PollUntilEnded(dialer.out));
    MUST(dialer.out.result.ok() && listener.in.result.ok());
    const OwnedHandle accepted(listener.in.result);
    MUST(ToString(RemoteAddress(dialer.handle())) == ToString(at));
    MUST(ToString(peer) == ToString(LocalAddress(dialer.handle())));
  }
  return bed.verdict();
}

CONTRACT(TransportTest, S12_NobodyListens) {
  Bed<B> bed;
  for (const Transport transport : kFurtherStreams) {
    Address gone = Loopback(transport);
    OwnedHandle(Listen(transport, gone)).Close();
    Endpoint<B> dialer(bed, OwnedHandle(NewSocket(transport)));
    dialer.Connect(gone);
    MUST(bed.PollUntilEnded(dialer.out));
    MUST(dialer.out.result.err == Errc::kRefused);
    MUST(dialer.out.result.os == ECONNREFUSED);
  }
  return bed.verdict();
}

// A Unix listener whose line is full says would-block, and there is nothing to wait for.
CONTRACT(TransportTest, S12_AConnectWithoutRoomInTheLineSaysSo) {
  Bed<B> bed;
  Address at = Loopback(Transport::kUnix);
  const OwnedHandle listener(Listen(Transport::kUnix, at, 1));
  std::vector<OwnedHandle> dialers;
  for (int i = 0; i < 10; ++i) {
    Endpoint<B> dialer(bed, OwnedHandle(NewSocket(Transport::kUnix)));
    dialer.Connect(at);
    MUST(bed.PollUntilEnded(dialer.out));
    if (!dialer.out.result.ok()) {
      MUST(i > 0);
      MUST(dialer.out.result.err == Errc::kResource);
      return bed.verdict();
    }
    dialers.emplace_back(Duplicate(dialer.handle()));
  }
  return "the line of a listener has no end";
}

}  // namespace
}  // namespace tare::io::contract
