// SPDX-License-Identifier: Apache-2.0
// What everything a read or write needs, embedded in the descriptor, is worth: Go's TCP4Persistent
// in C++. Here are the rows and the order of everything; bench_*.cc compile the timed loops.
#include <vector>

#include "suites/fd_ops/scenarios.h"

namespace tare::suites {
namespace {

constexpr bool kWithDeadlines = true;

Trips Over(io::Transport transport, const char* scenario, bool deadlines = false) {
  Trips suite(scenario);
  suite.Always({{"transport", static_cast<int64_t>(transport)}, {"deadlines", deadlines ? 1 : 0}});
  return suite;
}

void AddStreams(Trips& suite) {
  suite.With(&AddFloor)
      .With(&AddHandLoop)
      .With(&AddBaseline)
      .With(&AddReference)
      .With(&AddReferenceInModes);
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

const bool registered[] = {
    Over(io::Transport::kTcp4, "FdOps/TCP4Persistent")
        .With(&AddStreams)
        .With(&AddPeers)
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
    Over(io::Transport::kTcp4, "FdOps/TCP4Persistent")
        .With(&AddReference)
        .With(&AddReferenceInModes)
        .Rows({{{"size", 64 << 10}, {"buf", 64 << 10}}, {{"size", 1 << 20}, {"buf", 1 << 20}}})
        .InModes({{{"size", 4096}},
                  {{"size", 64 << 10}, {"buf", 64 << 10}},
                  {{"size", 1 << 20}, {"buf", 1 << 20}}})
        .Register(),
    // The same with a deadline set, an hour ahead, before every read and every write.
    Over(io::Transport::kTcp4, "FdOps/TCP4PersistentTimeout", kWithDeadlines)
        .With(&AddStreams)
        .With(&AddPeersWithDeadlines)
        .Quick(Message())
        .Rows(Sparse())
        .Rows(OtherQuick())
        .Rows(Full())
        .Register(),
    Over(io::Transport::kTcp6, "FdOps/TCP6Persistent")
        .With(&AddStreams)
        .Rows({{{"size", 512}}})
        .Register(),
    Over(io::Transport::kUnix, "FdOps/UnixPersistent")
        .With(&AddStreams)
        .Rows({{{"size", 512}}})
        .Register(),
    Over(io::Transport::kUdp4, "FdOps/UDP4SendRecv")
        .With(&AddDatagrams)
        .Rows({{{"size", 512}}})
        .Register(),
    Over(io::Transport::kTcp4, "FdOps/TCP4OneShot")
        .With(&AddOneShots)
        .With(&AddOneShotPeers)
        .Rows({{{"size", 512}}, {{"size", 512}, {"conns", 64}}})
        .Register(),
    Over(io::Transport::kTcp4, "FdOps/TCP4OneShotTimeout", kWithDeadlines)
        .With(&AddOneShots)
        .Rows({{{"size", 512}}})
        .Register(),
    Over(io::Transport::kUnix, "FdOps/UnixOneShot")
        .With(&AddOneShots)
        .Rows({{{"size", 512}}})
        .Register(),
    Over(io::Transport::kTcp4, "FdOps/TCP4ConcurrentReadWrite")
        .With(&AddBothWays)
        .Rows({{{"size", 512}}, {{"size", 65536}, {"buf", 65536}}})
        .Register(),
    Over(io::Transport::kUnix, "FdOps/UnixConcurrentReadWrite")
        .With(&AddBothWays)
        .Rows({{{"size", 512}}})
        .Register(),
    Suite<AcceptsFromRow>("FdOps/TCP4Accept")
        .With(&AddAccepting)
        .Rows({{{"conns", 1}}, {{"conns", 64}}})
        .Register(),
    Suite<SendFilesFromRow>("FdOps/TCP4SendFile")
        .With(&AddSendFile)
        .Quick({{{"size", 1 << 20}}})
        .Rows({{{"size", 64 << 10}}, {{"size", 16 << 20}}})
        .Register(),
};

}  // namespace
}  // namespace tare::suites
