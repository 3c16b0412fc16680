// SPDX-License-Identifier: Apache-2.0
// Sentence 11 of the contract of a backend: accept; and connect beside it.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/listener.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(ConnectTest);

// A socket connected to `at` by blocking calls; it leaves no port in TIME_WAIT.
OwnedHandle Dialed(const Address& at) {
  OwnedHandle dialer(Dial(at));
  (void)ResetOnClose(*dialer);
  return dialer;
}

CONTRACT(ConnectTest, S11_AcceptGivesAHandleThatWorks) {
  Bed<B> bed;
  Listener<B> listener(bed);
  for (const bool dial_first : {true, false}) {
    OwnedHandle dialer;
    if (dial_first) dialer = Dialed(listener.at);
    listener.end.Accept();
    if (!dial_first) {
      bed.PollInVain();
      MUST(listener.end.in.pending());
      dialer = Dialed(listener.at);
    }
    MUST(bed.PollUntilEnded(listener.end.in));
    MUST(listener.end.in.result.ok());
    const Handle accepted = static_cast<Handle>(listener.end.in.result.n);
    std::array<std::byte, 64> buffer;
    Endpoint<B> end(bed, OwnedHandle(accepted));
    end.Recv(buffer);
    Push(*dialer, Pattern(10));
    MUST(bed.PollUntilEnded(end.in));
    MUST(end.in.result.ok() && end.in.result.n >= 1);
    MUST(IsPattern({buffer.data(), static_cast<size_t>(end.in.result.n)}, 0));
  }
  return bed.verdict();
}

CONTRACT(ConnectTest, S11_AcceptedHandlesAreNotInherited) {
  Bed<B> bed;
  Listener<B> listener(bed);
  const OwnedHandle dialer = Dialed(listener.at);
  listener.end.Accept();
  MUST(bed.PollUntilEnded(listener.end.in));
  const OwnedHandle accepted(listener.end.in.result);
  MUST(!IsInherited(*accepted));
  return bed.verdict();
}

CONTRACT(ConnectTest, S11_AcceptTellsThePeersAddress) {
  Bed<B> bed;
  Address peer;
  Listener<B> listener(bed);
  const OwnedHandle dialer = Dialed(listener.at);
  listener.end.Accept(&peer);
  MUST(bed.PollUntilEnded(listener.end.in));
  const OwnedHandle accepted(listener.end.in.result);
  MUST(ToString(peer) == ToString(LocalAddress(*dialer)));
  MUST(ToString(LocalAddress(*accepted)) == ToString(listener.at));
  return bed.verdict();
}

CONTRACT(ConnectTest, S11_AllConnectionsInLineAreAccepted) {
  Bed<B> bed;
  Address peer;
  Listener<B> listener(bed);
  std::vector<OwnedHandle> dialers, accepted;
  std::vector<std::string> dialed_from, came_from;
  for (int i = 0; i < 100; ++i) {
    dialers.push_back(Dialed(listener.at));
    dialed_from.push_back(ToString(LocalAddress(*dialers.back())));
  }
  listener.end.in.then = [&](Call<B>& call) {
    accepted.emplace_back(call.result);
    came_from.push_back(ToString(peer));
    if (accepted.size() < dialers.size()) listener.end.Accept(&peer);
  };
  listener.end.Accept(&peer);
  MUST(bed.PollUntil([&] { return accepted.size() == dialers.size(); }));
  std::sort(dialed_from.begin(), dialed_from.end());
  std::sort(came_from.begin(), came_from.end());
  MUST(came_from == dialed_from);
  return bed.verdict();
}

CONTRACT(ConnectTest, S11_AConnectionThatWasAbortedInLineHoldsNobodyUp) {
  Bed<B> bed;
  Address peer;
  Listener<B> listener(bed);
  OwnedHandle aborted = Dialed(listener.at);
  aborted.Close();
  const OwnedHandle good = Dialed(listener.at);
  const std::string wanted = ToString(LocalAddress(*good));
  // Whether the aborted one is handed out, as systems do, or passed over is not said.
  for (int i = 0;; ++i) {
    MUST(i < 2);
    listener.end.Accept(&peer);
    MUST(bed.PollUntilEnded(listener.end.in));
    MUST(listener.end.in.result.ok());
    const OwnedHandle accepted(listener.end.in.result);
    if (ToString(peer) == wanted) break;
  }
  return bed.verdict();
}

// Accepts are canceled before, while and after somebody dials.
CONTRACT(ConnectTest, S11_ACanceledAcceptLeaksNoHandle) {
  Bed<B> bed;
  const auto before = OpenHandles();
  {
    Listener<B> listener(bed);
    for (int round = 0; round < 300 / kSlowness; ++round) {
      listener.end.Accept();
      if (round % 2 == 0) (void)bed.Poll(Deadline::Past());
      OwnedHandle dialer;
      if (round % 3 != 0) dialer = Dialed(listener.at);
      listener.end.Cancel(listener.end.in);
      if (round % 3 == 0) dialer = Dialed(listener.at);
      MUST(bed.PollUntilEnded(listener.end.in));
      const Result r = listener.end.in.result;
      MUST(r.ok() || r.err == Errc::kCanceled);
      const OwnedHandle accepted(r.ok() ? static_cast<Handle>(r.n) : kNoHandle);
    }
    bed.PollInVain();
  }
  MUST(OpenHandles() == before);
  return bed.verdict();
}

// An accept that has its connection in the same batch as the op that cancels it.
CONTRACT(ConnectTest, S11_AnAcceptCanceledInItsBatchLeaksNoHandle) {
  Bed<B> bed;
  const auto before = OpenHandles();
  {
    Listener<B> first(bed), second(bed);
    first.end.in.then = [&second](Call<B>&) { second.end.Cancel(second.end.in); };
    for (int round = 0; round < 20; ++round) {
      const OwnedHandle one = Dialed(first.at), other = Dialed(second.at);
      first.end.Accept();
      second.end.Accept();
      MUST(bed.PollUntilEnded(first.end.in) && bed.PollUntilEnded(second.end.in));
      for (const Endpoint<B>* end : {&first.end, &second.end}) {
        const Result r = end->in.result;
        const OwnedHandle accepted(r.ok() ? static_cast<Handle>(r.n) : kNoHandle);
      }
    }
  }
  MUST(OpenHandles() == before);
  return bed.verdict();
}
CATCHES(ConnectTest, S11_AnAcceptCanceledInItsBatchLeaksNoHandle, LeaksCanceledAccept,
        "OpenHandles() == before")

CONTRACT(ConnectTest, S11_ConnectMakesAConnection) {
  Bed<B> bed;
  Listener<B> listener(bed);
  for (int round = 0; round < 20; ++round) {
    Address to = listener.at;
    Endpoint<B> dialer(bed, OwnedHandle(NewTcp4()));
    bed.PollInVain(1);
    dialer.out.then = [&to](Call<B>&) { to = Address{}; };  // it was needed until here
    dialer.Connect(to);
    listener.end.Accept();
    MUST(bed.PollUntilEnded(dialer.out) && bed.PollUntilEnded(listener.end.in));
    MUST(dialer.out.result.ok());
    MUST(ToString(RemoteAddress(dialer.handle())) == ToString(listener.at));
    MUST(listener.end.in.result.ok());
    const Handle accepted = static_cast<Handle>(listener.end.in.result.n);
    (void)ResetOnClose(accepted);
    Endpoint<B> end(bed, OwnedHandle(accepted));
    dialer.out.then = nullptr;
    Pump<B> there(dialer, end, 10'000, 900, 10);
    Pump<B> back(end, dialer, 10'000, 900, 11);
    there.Start();
    back.Start();
    MUST(bed.PollUntil([&] { return there.finished() && back.finished(); }));
    MUST(there.wrong() + back.wrong() == "");
    MUST(bed.PollUntilEnded(dialer.out) && bed.PollUntilEnded(end.out));
  }
  return bed.verdict();
}

CONTRACT(ConnectTest, S12_ConnectToNobodyIsRefused) {
  Bed<B> bed;
  Address at;
  const OwnedHandle nobody(BoundOnly(at));
  Endpoint<B> dialer(bed, OwnedHandle(NewTcp4()));
  dialer.Connect(at);
  MUST(bed.PollUntilEnded(dialer.out));
  MUST(dialer.out.result.err == Errc::kRefused);
  MUST(dialer.out.result.os != 0);
  MUST(dialer.out.result.n == 0);
  return bed.verdict();
}
CATCHES(ConnectTest, S12_ConnectToNobodyIsRefused, ForgetsTheCode, "result.os != 0")

// The system tells why only once, and maybe to the receive: the connect ends all the same.
CONTRACT(ConnectTest, S07_ARefusedConnectEndsBesideAPendingReceive) {
  Bed<B> bed;
  Address at;
  std::array<std::byte, 16> buffer;
  const OwnedHandle nobody(BoundOnly(at));
  for (const bool poll_between : {false, true}) {
    Endpoint<B> dialer(bed, OwnedHandle(NewTcp4()));
    dialer.Connect(at);
    if (poll_between) (void)bed.Poll(Deadline::Past());
    dialer.Recv(buffer);
    MUST(bed.PollUntilEnded(dialer.out) && bed.PollUntilEnded(dialer.in));
    MUST(!dialer.out.result.ok() && dialer.out.result.os != 0);
    MUST(dialer.in.result.n == 0);
  }
  return bed.verdict();
}
CATCHES(ConnectTest, S07_ARefusedConnectEndsBesideAPendingReceive, ForgetsTheCode, "result.os != 0")

CONTRACT(ConnectTest, S12_ASecondConnectFails) {
  Bed<B> bed;
  Listener<B> listener(bed);
  Endpoint<B> dialer(bed, OwnedHandle(Dialed(listener.at)));
  dialer.Connect(listener.at);
  MUST(bed.PollUntilEnded(dialer.out));
  MUST(dialer.out.result.err == Errc::kInvalid);
  MUST(dialer.out.result.os != 0);
  return bed.verdict();
}

// Connects to a listener whose line is full wait; they can be canceled.
CONTRACT(ConnectTest, S13_APendingConnectCanBeCanceled) {
  Bed<B> bed;
  Listener<B> listener(bed, 0);
  std::vector<std::unique_ptr<Endpoint<B>>> dialers;
  for (int i = 0; i < 8; ++i) {
    dialers.push_back(std::make_unique<Endpoint<B>>(bed, OwnedHandle(NewTcp4())));
    (void)ResetOnClose(dialers.back()->handle());
    dialers.back()->Connect(listener.at);
  }
  bed.PollInVain();
  for (const auto& dialer : dialers) dialer->Cancel(dialer->out);
  for (const auto& dialer : dialers) {
    MUST(bed.PollUntilEnded(dialer->out));
    const Errc err = dialer->out.result.err;
    MUST(err == Errc::kOk || err == Errc::kCanceled);
    MUST(dialer->out.ended == 1);
  }
  bed.PollInVain();
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
