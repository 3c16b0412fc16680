// SPDX-License-Identifier: Apache-2.0
// Sentences 1 to 5 of the contract of a backend: its life, and ports.
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "impl/base/blocking.h"
#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"
#include "tare/alloc_scope.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(LifeTest);
CONTRACT_SUITE(PortTest);

// A round trip of some bytes over a new connection.
template <class B>
std::string Echo(Bed<B>& bed) {
  Connection<B> c(bed);
  Pump<B> there(c.client, c.server, 10'000, 700, 1);
  Pump<B> back(c.server, c.client, 10'000, 700, 2);
  there.Start();
  back.Start();
  MUST(bed.PollUntil([&] { return there.finished() && back.finished(); }));
  MUST(there.wrong() + back.wrong() == "");
  return bed.verdict();
}

CONTRACT(LifeTest, S01_LivesOnAnyOneThread) {
  std::array<std::string, 4> verdicts;
  std::vector<std::thread> threads;
  for (std::string& verdict : verdicts) {
    threads.emplace_back([&verdict] {
      Bed<B> bed;
      verdict = Echo(bed);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& verdict : verdicts) {
    if (!verdict.empty()) return verdict;
  }
  return "";
}

CONTRACT(LifeTest, S02_OneThatCanRunDoes) {
  Bed<B> bed;
  return Echo(bed);
}

CONTRACT(LifeTest, S02_OneThatCouldNotBeMadeSaysSo) {
  const Pair pair = NewPair();
  const OwnedHandle client(pair.client), server(pair.server);
  const auto open = OpenHandles();
  for (int room = 0;; ++room) {
    typename B::Port port;
    Result first, second;
    int polled = 0;
    bool waited = true;
    {
      const HandleLimit limit(room);
      Bed<B> bed;
      first = bed.backend.Attach(port, pair.server);
      if (first.ok()) {
        bed.backend.Detach(port);
        if (room == 0) return NotApplicable("this backend needs no handle of its own");
        return bed.verdict();
      }
      second = bed.backend.Attach(port, pair.client);
      bed.backend.Wake();
      const Deadline give_up = Now().Plus(Patience<B>());
      polled = bed.Poll(give_up);
      waited = HasPassed(give_up);
    }
    MUST(first.err == Errc::kResource);
    MUST(first.os == EMFILE);
    MUST(second.err == first.err && second.os == first.os);
    MUST(polled == 0);
    MUST(!waited);
    MUST(OpenHandles() == open);
    MUST(IsBlocking(pair.server).n == 1);
    MUST(room < 100);
  }
}

// What a loop does between Attach and Detach; allocates nothing itself.
template <class B>
std::string UseWithoutAllocating(Bed<B>& bed, Connection<B>& c, Endpoint<B>& listener,
                                 Endpoint<B>& dialer, Address& at) {
  static std::array<std::byte, 512> sent, received;
  for (int round = 0; round < 100; ++round) {
    c.server.Recv(received);
    bed.PollInVain(1);
    c.client.Send(sent);
    MUST(bed.PollUntilEnded(c.server.in) && bed.PollUntilEnded(c.client.out));
    c.server.Recv({received.data(), 0});
    MUST(bed.PollUntilEnded(c.server.in));
    c.server.Recv(received);
    c.server.Cancel(c.server.in);
    MUST(bed.PollUntilEnded(c.server.in));
    bed.backend.Wake();
    (void)bed.Poll(Now().Plus(10 * kMicro));
  }
  Address peer;
  listener.Accept(&peer);
  dialer.Connect(at);
  MUST(bed.PollUntilEnded(listener.in) && bed.PollUntilEnded(dialer.out));
  MUST(listener.in.result.ok());
  (void)CloseHandle(static_cast<Handle>(listener.in.result.n));
  (void)ShutdownSend(c.client.handle());
  c.server.Recv(received);
  MUST(bed.PollUntilEnded(c.server.in));
  c.client.Send(sent);
  MUST(bed.PollUntilEnded(c.client.out));
  MUST(!c.client.out.result.ok());
  return bed.verdict();
}

CONTRACT(LifeTest, S03_NothingAllocatesBetweenAttachAndDetach) {
  if (AllocScope::Covers().empty()) return NotApplicable(std::string(AllocScope::WhyNot()));
  Bed<B> bed;
  Connection<B> c(bed);
  Address at = Loopback4();
  Endpoint<B> listener(bed, OwnedHandle(Listen(at)));
  Endpoint<B> dialer(bed, OwnedHandle(NewTcp4()));
  const AllocScope scope;
  const std::string verdict = UseWithoutAllocating(bed, c, listener, dialer, at);
  const uint64_t allocs = scope.Delta().allocs;
  if (!verdict.empty()) return verdict;
  MUST(allocs == 0);
  return bed.verdict();
}
TYPED_TEST(LifeTest, S03_NothingAllocatesBetweenAttachAndDetach_CatchesAllocatesPerOp) {
  if (CannotRun<TypeParam>()) return;
  const bool counted = !AllocScope::Covers().empty();
  const auto check = S03_NothingAllocatesBetweenAttachAndDetach<AllocatesPerOp<TypeParam>>;
  EXPECT_THAT(check(), testing::HasSubstr(counted ? "allocs == 0" : ""));
}

CONTRACT(PortTest, S04_AttachOfABadHandleFailsAndLeavesNothing) {
  Bed<B> bed;
  const Handle closed = OpenFile();
  (void)CloseHandle(closed);
  const auto open = OpenHandles();
  typename B::Port port;
  for (const Handle bad : {kNoHandle, closed}) {
    const Result r = bed.backend.Attach(port, bad);
    MUST(!r.ok());
    MUST(r.os != 0);
    MUST(OpenHandles() == open);
  }
  // The port and the backend are as good as before.
  const Pair pair = NewPair();
  const OwnedHandle client(pair.client), server(pair.server);
  MUST(bed.backend.Attach(port, pair.server).ok());
  bed.backend.Detach(port);
  return Echo(bed);
}
CATCHES(PortTest, S04_AttachOfABadHandleFailsAndLeavesNothing, LeaksInFailedAttach,
        "OpenHandles() == open")

CONTRACT(PortTest, S04_AttachThatIsRefusedLeavesTheBlockingMode) {
  Bed<B> bed;
  const OwnedHandle file(OpenFile());
  typename B::Port port;
  if (bed.backend.Attach(port, *file).ok()) {
    bed.backend.Detach(port);
    return NotApplicable("this backend takes files too");
  }
  MUST(IsBlocking(*file).n == 1);
  return bed.verdict();
}

CONTRACT(PortTest, S04_TheHandleStaysTheCallers) {
  const Pair pair = NewPair();
  const OwnedHandle peer(pair.client), handle(pair.server);
  {
    Bed<B> bed;
    typename B::Port port;
    MUST(bed.backend.Attach(port, *handle).ok());
    bed.backend.Detach(port);
  }
  const auto sent = Pattern(100);
  std::vector<std::byte> received(100);
  Push(*peer, sent);
  MUST(Pull(*handle, received) == 100);
  MUST(received == sent);
  return "";
}

CONTRACT(PortTest, S05_DetachRestoresTheBlockingMode) {
  Bed<B> bed;
  const Pair pair = NewPair();
  const OwnedHandle client(pair.client), server(pair.server);
  for (const bool blocking : {true, false}) {
    MUST(SetBlocking(*server, blocking).ok());
    typename B::Port port;
    const Result attached = bed.backend.Attach(port, *server);
    if (attached.err == Errc::kUnsupported && (B::kFeatures & kReattach) == 0) break;
    MUST(attached.ok());
    bed.backend.Detach(port);
    MUST(IsBlocking(*server).n == (blocking ? 1 : 0));
  }
  return bed.verdict();
}
CATCHES(PortTest, S05_DetachRestoresTheBlockingMode, LeaksBlockingMode, "IsBlocking(*server).n")

CONTRACT(PortTest, S05_NothingStaysOpen) {
  const auto before = OpenHandles();
  if (before.empty()) return NotApplicable("the system does not list open handles");
  {
    Bed<B> bed;
    const auto attached_none = OpenHandles();
    for (int round = 0; round < 3; ++round) {
      std::array<std::byte, 16> buffer;
      std::vector<std::unique_ptr<Connection<B>>> connections;
      for (int i = 0; i < 50; ++i) connections.push_back(std::make_unique<Connection<B>>(bed));
      for (const auto& c : connections) c->server.Recv(buffer);
      bed.PollInVain();
      for (const auto& c : connections) {
        c->server.Cancel(c->server.in);
        MUST(bed.PollUntilEnded(c->server.in));
        c->server.Detach();
        c->client.Detach();
      }
      connections.clear();
      MUST(OpenHandles() == attached_none);
    }
    MUST(bed.verdict() == "");
  }
  MUST(OpenHandles() == before);
  return "";
}

CONTRACT(PortTest, S05_ADetachedPortIsNotHeardOfAgain) {
  Bed<B> bed;
  const Pair pair = NewPair();
  OwnedHandle peer(pair.client), handle(pair.server);
  // The connection outlives the handle that was attached: what is left in the kernel would still be
  // reported.
  const OwnedHandle second(Duplicate(*handle));
  auto port = std::make_unique<typename B::Port>();
  MUST(bed.backend.Attach(*port, *handle).ok());
  Call<B> call(bed);
  std::byte one{};
  call.kind = Op::Kind::kRecv;
  call.data = &one;
  call.size = 1;
  bed.Start(*port, call);
  bed.PollInVain();
  bed.backend.Cancel(*port, call);
  MUST(bed.PollUntilEnded(call));
  bed.backend.Detach(*port);
  // Whoever follows the old pointer falls.
  std::memset(static_cast<void*>(port.get()), 0xee, sizeof *port);
  port.reset();
  handle.Close();
  Push(*peer, Pattern(100));
  bed.PollInVain();
  peer.Close();
  bed.PollInVain();
  MUST(call.ended == 1);
  return bed.verdict();
}

CONTRACT(PortTest, S05_DetachLeavesTheOtherPortsAlone) {
  Bed<B> bed;
  std::mt19937_64 random(14);
  std::vector<std::array<std::byte, 16>> buffers(40);
  std::vector<std::unique_ptr<Line<B>>> lines;
  for (size_t i = 0; i < buffers.size(); ++i) lines.push_back(std::make_unique<Line<B>>(bed));
  // One after the other goes, from anywhere; all that are left are heard each time.
  for (; !lines.empty(); lines.erase(lines.begin() + static_cast<int>(random() % lines.size()))) {
    for (size_t i = 0; i < lines.size(); ++i) lines[i]->end.Recv(buffers[i]);
    bed.PollInVain(1);
    for (const auto& line : lines) Push(*line->peer, Pattern(1));
    for (size_t i = 0; i < lines.size(); ++i) {
      MUST(bed.PollUntilEnded(lines[i]->end.in));
      MUST(lines[i]->end.in.result.n == 1);
    }
  }
  return bed.verdict();
}

CONTRACT(PortTest, S05_DetachLeavesWhatOthersHavePendingAlone) {
  Bed<B> bed;
  std::vector<std::array<std::byte, 16>> buffers(5);
  std::vector<std::unique_ptr<Line<B>>> lines;
  for (auto& buffer : buffers) {
    lines.push_back(std::make_unique<Line<B>>(bed));
    lines.back()->end.Recv(buffer);
  }
  bed.PollInVain();
  // One after the other goes, and stays open: what it waited for in the system may stand for
  // others.
  for (size_t gone = 0; gone + 1 < lines.size(); ++gone) {
    lines[gone]->end.Settle();
    lines[gone]->end.Detach();
    for (size_t i = gone + 1; i < lines.size(); ++i) MUST(lines[i]->end.in.pending());
    Endpoint<B>& last = lines.back()->end;
    Push(*lines.back()->peer, Pattern(1));
    MUST(bed.PollUntilEnded(last.in));
    MUST(last.in.result.n == 1);
    last.Recv(buffers.back());
  }
  return bed.verdict();
}

CONTRACT(PortTest, S05_AHandleClosedAfterDetachIsClosedForThePeer) {
  Bed<B> bed;
  std::byte buffer[16];
  Line<B> line(bed);
  line.end.Recv(buffer);
  bed.PollInVain();
  line.end.Cancel(line.end.in);
  MUST(bed.PollUntilEnded(line.end.in));
  // Attached before, for a backend may give it the place of the one that goes.
  Endpoint<B> watcher(bed, std::move(line.peer));
  line.end.Close();
  watcher.Recv(buffer);
  MUST(bed.PollUntilEnded(watcher.in));
  MUST(watcher.in.result.n == 0);
  return bed.verdict();
}

CONTRACT(PortTest, S05_APortMayBeAttachedAgain) {
  Bed<B> bed, other;
  Line<B> line(bed);
  typename B::Port port;
  line.end.Detach();
  uint64_t place = 0;
  for (int round = 0; round < 20; ++round) {
    // Here or elsewhere where the backend can, and the same port with another handle everywhere.
    const Pair fresh = (B::kFeatures & kReattach) != 0 ? Pair{} : NewPair();
    const OwnedHandle fresh_peer(fresh.client), fresh_handle(fresh.server);
    const bool same = *fresh_handle == kNoHandle;
    Bed<B>& here = round % 2 == 0 ? bed : other;
    MUST(here.backend.Attach(port, same ? line.end.handle() : *fresh_handle).ok());
    Call<B> call(here);
    std::array<std::byte, 64> buffer;
    call.kind = Op::Kind::kRecv;
    call.data = buffer.data();
    call.size = buffer.size();
    here.Start(port, call);
    Push(same ? *line.peer : *fresh_peer, Pattern(10, place));
    MUST(here.PollUntilEnded(call));
    here.backend.Detach(port);
    const auto n = static_cast<size_t>(call.result.n);
    MUST(n >= 1 && IsPattern({buffer.data(), n}, place));
    place += n;
    // What was not received yet is there for the next port.
    if (n < 10)
      MUST(Pull(same ? line.end.handle() : *fresh_handle, {buffer.data(), 10 - n}) == 10 - n);
    place += 10 - n;
  }
  MUST(other.verdict() == "");
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
