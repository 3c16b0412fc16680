// SPDX-License-Identifier: Apache-2.0
// Sentence 20 of the contract of a backend: connects that are not the first, and what is received
// or sent without a connection.
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/kinds.h"
#include "suites/backend/listener.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(ConnectAgainTest);

// A socket that is not connected. What it will be connected to leaves no port in TIME_WAIT.
template <class B>
std::unique_ptr<Endpoint<B>> NewDialer(Bed<B>& bed, Transport transport = Transport::kTcp4) {
  auto dialer = std::make_unique<Endpoint<B>>(bed, OwnedHandle(NewSocket(transport)));
  (void)ResetOnClose(dialer->handle());
  return dialer;
}

// Connects to the listener, and moves bytes both ways over what that made. "" or what was wrong.
template <class B>
std::string ConnectsAndMoves(Bed<B>& bed, Endpoint<B>& dialer, Listener<B>& listener) {
  Address to = listener.at;
  listener.end.Accept();
  dialer.Connect(to);
  MUST(bed.PollUntilEnded(dialer.out));
  MUST(dialer.out.result.ok());
  MUST(ToString(RemoteAddress(dialer.handle())) == ToString(listener.at));
  MUST(bed.PollUntilEnded(listener.end.in));
  MUST(listener.end.in.result.ok());
  Endpoint<B> accepted(bed, OwnedHandle(listener.end.in.result));
  Pump<B> there(dialer, accepted, 5'000, 900, 10);
  Pump<B> back(accepted, dialer, 5'000, 900, 11);
  there.Start();
  back.Start();
  MUST(bed.PollUntil([&] { return there.finished() && back.finished(); }));
  MUST(there.wrong() + back.wrong() == "");
  MUST(bed.PollUntilEnded(dialer.out) && bed.PollUntilEnded(accepted.out));
  return "";
}

// That neither direction of `end` has a connection to move bytes over: every receive and every send
// ends, and with an error. "" or what was wrong.
template <class B>
std::string NothingMoves(Bed<B>& bed, Endpoint<B>& end) {
  std::array<std::byte, 64> buffer;
  end.Recv(buffer);
  MUST(bed.PollUntilEnded(end.in));
  MUST(end.in.result.err == Errc::kInvalid && end.in.result.n == 0 && end.in.result.os != 0);
  const std::array<size_t, 2> sizes = {10, 20};
  Pieces pieces(buffer, sizes);
  Readv(end, pieces.message, pieces.count());
  MUST(bed.PollUntilEnded(end.in));
  MUST(end.in.result.err == Errc::kInvalid && end.in.result.n == 0 && end.in.result.os != 0);
  end.Send(buffer);
  MUST(bed.PollUntilEnded(end.out));
  MUST(!end.out.result.ok() && end.out.result.n == 0 && end.out.result.os != 0);
  Writev(end, pieces.message, pieces.count());
  MUST(bed.PollUntilEnded(end.out));
  MUST(!end.out.result.ok() && end.out.result.n == 0 && end.out.result.os != 0);
  return "";
}

CONTRACT(ConnectAgainTest, S20_AConnectAfterARefusedOneStartsAnew) {
  Bed<B> bed;
  Listener<B> listener(bed);
  Address at;
  const OwnedHandle nobody(BoundOnly(at));
  const auto dialer = NewDialer(bed);
  for (int i = 0; i < 3; ++i) {
    dialer->Connect(at);
    MUST(bed.PollUntilEnded(dialer->out));
    MUST(dialer->out.result.err == Errc::kRefused);
  }
  MUST(ConnectsAndMoves(bed, *dialer, listener) == "");
  return bed.verdict();
}
CATCHES(ConnectAgainTest, S20_AConnectAfterARefusedOneStartsAnew, RemembersARefusal,
        "ConnectsAndMoves(bed, *dialer, listener) == \"\"")

// The system tells why only once, and maybe to the receive: the connect learns it all the same.
CONTRACT(ConnectAgainTest, S20_AReceiveBesideAConnectThatFailsEndsWithAnError) {
  Bed<B> bed;
  Listener<B> listener(bed);
  Address at;
  std::array<std::byte, 16> buffer;
  const OwnedHandle nobody(BoundOnly(at));
  for (int round = 0; round < 20; ++round) {
    const auto dialer = NewDialer(bed);
    dialer->Connect(at);
    if (round % 2 == 0) (void)bed.Poll(Deadline::Past());
    dialer->Recv(buffer);
    MUST(bed.PollUntilEnded(dialer->out) && bed.PollUntilEnded(dialer->in));
    MUST(!dialer->in.result.ok() && dialer->in.result.n == 0);
    MUST(dialer->out.result.err == Errc::kRefused);
    MUST(ConnectsAndMoves(bed, *dialer, listener) == "");
  }
  return bed.verdict();
}
CATCHES(ConnectAgainTest, S20_AReceiveBesideAConnectThatFailsEndsWithAnError,
        TakesAFailureForTheEnd, "!dialer->in.result.ok()")

CONTRACT(ConnectAgainTest, S20_AfterAConnectThatFailedNothingIsReceivedOrSent) {
  Bed<B> bed;
  Listener<B> listener(bed);
  Address at;
  const OwnedHandle nobody(BoundOnly(at));
  const auto dialer = NewDialer(bed);
  dialer->Connect(at);
  MUST(bed.PollUntilEnded(dialer->out));
  MUST(dialer->out.result.err == Errc::kRefused);
  MUST(NothingMoves(bed, *dialer) == "");
  // Nor does what is left of the attempt keep the backend from waiting.
  const int64_t sleeps = Sleeps();
  MUST(bed.Poll(Now().Plus(20 * kMilli)) == 0);
  MUST(Sleeps() > sleeps);
  MUST(ConnectsAndMoves(bed, *dialer, listener) == "");
  return bed.verdict();
}
CATCHES(ConnectAgainTest, S20_AfterAConnectThatFailedNothingIsReceivedOrSent,
        TakesAFailureForTheEnd, "NothingMoves(bed, *dialer) == \"\"")

CONTRACT(ConnectAgainTest, S20_BeforeAConnectNothingIsReceivedOrSent) {
  Bed<B> bed;
  Listener<B> listener(bed);
  const auto dialer = NewDialer(bed);
  MUST(NothingMoves(bed, *dialer) == "");
  MUST(ConnectsAndMoves(bed, *dialer, listener) == "");
  const auto unix_dialer = NewDialer(bed, Transport::kUnix);
  MUST(NothingMoves(bed, *unix_dialer) == "");
  return bed.verdict();
}
CATCHES(ConnectAgainTest, S20_BeforeAConnectNothingIsReceivedOrSent, TakesAFailureForTheEnd,
        "NothingMoves(bed, *dialer) == \"\"")

CONTRACT(ConnectAgainTest, S20_AReceiveBesideAConnectWaitsForTheConnection) {
  Bed<B> bed;
  Listener<B> listener(bed);
  std::array<std::byte, 64> buffer;
  for (const bool poll_between : {false, true}) {
    const auto dialer = NewDialer(bed);
    Address to = listener.at;
    dialer->Connect(to);
    if (poll_between) (void)bed.Poll(Deadline::Past());
    dialer->Recv(buffer);
    listener.end.Accept();
    MUST(bed.PollUntilEnded(dialer->out) && bed.PollUntilEnded(listener.end.in));
    MUST(dialer->out.result.ok() && listener.end.in.result.ok());
    const OwnedHandle accepted(listener.end.in.result);
    bed.PollInVain();
    MUST(dialer->in.pending());
    Push(*accepted, Pattern(10));
    MUST(bed.PollUntilEnded(dialer->in));
    MUST(dialer->in.result.ok() && dialer->in.result.n >= 1);
    MUST(IsPattern({buffer.data(), static_cast<size_t>(dialer->in.result.n)}, 0));
  }
  return bed.verdict();
}
CATCHES(ConnectAgainTest, S20_AReceiveBesideAConnectWaitsForTheConnection, EndsReceivesOfAConnect,
        "dialer->in.pending()")

// Neither a connection nor a listener is given up for a connect that makes no sense there.
CONTRACT(ConnectAgainTest, S20_AConnectOfWhatIsConnectedOrListensChangesNothing) {
  Bed<B> bed;
  Listener<B> listener(bed), other(bed);
  Line<B> line(bed);
  Address to = other.at;
  line.end.Connect(to);
  MUST(bed.PollUntilEnded(line.end.out));
  MUST(line.end.out.result.err == Errc::kInvalid && line.end.out.result.os == EISCONN);
  MUST(RemoteAddress(line.end.handle()).size != 0);
  std::array<std::byte, 64> buffer;
  line.end.Recv(buffer);
  Push(*line.peer, Pattern(10));
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.ok() && line.end.in.result.n >= 1);

  listener.end.Connect(to);
  MUST(bed.PollUntilEnded(listener.end.out));
  MUST(listener.end.out.result.err == Errc::kInvalid);
  const auto dialer = NewDialer(bed);
  MUST(ConnectsAndMoves(bed, *dialer, listener) == "");
  return bed.verdict();
}
CATCHES(ConnectAgainTest, S20_AConnectOfWhatIsConnectedOrListensChangesNothing,
        DisconnectsTheConnected, "RemoteAddress(line.end.handle()).size != 0")

// Of connects to a listener whose line is full, which wait.
CONTRACT(ConnectAgainTest, S20_AConnectAfterACanceledOneStartsAnew) {
  Bed<B> bed;
  Listener<B> full(bed, 0), listener(bed);
  Address to = full.at;
  std::vector<std::unique_ptr<Endpoint<B>>> dialers;
  for (int i = 0; i < 6; ++i) {
    dialers.push_back(NewDialer(bed));
    dialers.back()->Connect(to);
  }
  bed.PollInVain();
  int canceled = 0;
  for (const auto& dialer : dialers) {
    if (!dialer->out.pending()) continue;
    dialer->Cancel(dialer->out);
    MUST(bed.PollUntilEnded(dialer->out));
    if (dialer->out.result.ok()) continue;
    MUST(dialer->out.result.err == Errc::kCanceled);
    MUST(NothingMoves(bed, *dialer) == "");
    MUST(ConnectsAndMoves(bed, *dialer, listener) == "");
    ++canceled;
  }
  MUST(canceled > 0);
  return bed.verdict();
}
CATCHES(ConnectAgainTest, S20_AConnectAfterACanceledOneStartsAnew, LeavesCanceledConnectsUnderWay,
        "NothingMoves(bed, *dialer) == \"\"")

// Over loopback the system has made the connection before the cancel is asked for: then either
// there is one and the connect says so, or there is none.
CONTRACT(ConnectAgainTest, S20_ACanceledConnectHasMadeNoConnection) {
  Bed<B> bed;
  Listener<B> first(bed), second(bed);
  for (int round = 0; round < 20; ++round) {
    const auto dialer = NewDialer(bed);
    Address to = first.at;
    dialer->Connect(to);
    if (round % 2 == 0) (void)bed.backend.Wake();
    dialer->Cancel(dialer->out);
    MUST(bed.PollUntilEnded(dialer->out));
    if (dialer->out.result.ok()) {
      MUST(ToString(RemoteAddress(dialer->handle())) == ToString(first.at));
      continue;
    }
    MUST(dialer->out.result.err == Errc::kCanceled);
    MUST(RemoteAddress(dialer->handle()).size == 0);
    MUST(ConnectsAndMoves(bed, *dialer, second) == "");
  }
  return bed.verdict();
}

// It was begun, and had failed, before the backend knew of the handle.
CONTRACT(ConnectAgainTest, S20_AnAttemptOfTheCallersThatFailedIsNotInTheWay) {
  Bed<B> bed;
  Listener<B> listener(bed);
  Address at;
  const OwnedHandle nobody(BoundOnly(at));
  OwnedHandle handle(NewTcp4());
  (void)ResetOnClose(*handle);
  MUST(FailToConnect(*handle, at) == ECONNREFUSED);
  Endpoint<B> dialer(bed, std::move(handle));
  MUST(ConnectsAndMoves(bed, dialer, listener) == "");
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
