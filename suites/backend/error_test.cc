// SPDX-License-Identifier: Apache-2.0
// Sentence 12 of the contract of a backend: errors, and what must never look like one.
#include <array>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(ErrorTest);

CONTRACT(ErrorTest, S12_AResetEndsAPendingReceive) {
  Bed<B> bed;
  std::array<std::byte, 64> buffer;
  Line<B> line(bed);
  line.end.Recv(buffer);
  bed.PollInVain();
  line.peer.Close();
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.err == Errc::kReset);
  MUST(line.end.in.result.os != 0);
  MUST(line.end.in.result.n == 0);
  return bed.verdict();
}
CATCHES(ErrorTest, S12_AResetEndsAPendingReceive, ForgetsTheCode, "result.os != 0")
CATCHES(ErrorTest, S12_AResetEndsAPendingReceive, LetsWouldBlockOut, "err == Errc::kReset")

CONTRACT(ErrorTest, S12_AResetThatCameBeforeEndsAReceive) {
  Bed<B> bed;
  std::array<std::byte, 64> buffer;
  Line<B> line(bed);
  line.peer.Close();
  line.end.Recv(buffer);
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.err == Errc::kReset);
  MUST(line.end.in.result.os != 0);
  MUST(line.end.in.result.n == 0);
  return bed.verdict();
}

CONTRACT(ErrorTest, S12_AResetEndsABlockedSend) {
  Bed<B> bed;
  std::vector<std::byte> chunk(256 << 10);
  Connection<B> c(bed);
  (void)FillUntilBlocked(bed, c.client, chunk);
  c.server.Close();
  MUST(bed.PollUntilEnded(c.client.out));
  // A send that had begun may end short first; the next one has nothing to end it but the error.
  for (int i = 0; i < 3 && c.client.out.result.ok(); ++i) {
    c.client.Send(chunk);
    MUST(bed.PollUntilEnded(c.client.out));
  }
  MUST(!c.client.out.result.ok());
  MUST(c.client.out.result.os != 0);
  return bed.verdict();
}

CONTRACT(ErrorTest, S12_ASendAfterShutdownFails) {
  Bed<B> bed;
  const auto bytes = Pattern(10);
  Line<B> line(bed);
  (void)ShutdownSend(line.end.handle());
  for (int i = 0; i < 3; ++i) {
    line.end.Send(bytes);
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(line.end.out.result.err == Errc::kShutdown);
    MUST(line.end.out.result.os != 0);
    MUST(line.end.out.result.n == 0);
  }
  return bed.verdict();
}

CONTRACT(ErrorTest, S12_OpsOnAnUnconnectedSocketFail) {
  Bed<B> bed;
  std::array<std::byte, 64> buffer;
  const auto bytes = Pattern(10);
  Endpoint<B> end(bed, OwnedHandle(NewTcp4()));
  bed.PollInVain();
  end.Recv(buffer);
  end.Send(bytes);
  MUST(bed.PollUntilEnded(end.in) && bed.PollUntilEnded(end.out));
  MUST(!end.in.result.ok() && end.in.result.os != 0 && end.in.result.n == 0);
  MUST(!end.out.result.ok() && end.out.result.os != 0 && end.out.result.n == 0);
  return bed.verdict();
}

CONTRACT(ErrorTest, S12_AcceptOnASocketThatDoesNotListenFails) {
  Bed<B> bed;
  Line<B> line(bed);
  line.end.Accept();
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(!line.end.in.result.ok());
  MUST(line.end.in.result.os != 0);
  return bed.verdict();
}

CONTRACT(ErrorTest, S12_AcceptWithoutRoomForHandlesFails) {
  Bed<B> bed;
  Address at = Loopback4();
  Endpoint<B> listener(bed, OwnedHandle(Listen(at)));
  const OwnedHandle dialer(Dial(at));
  {
    const HandleLimit none(0);
    listener.Accept();
    MUST(bed.PollUntilEnded(listener.in));
    MUST(listener.in.result.err == Errc::kResource);
    MUST(listener.in.result.os == EMFILE);
  }
  // The connection is still in line.
  listener.Accept();
  MUST(bed.PollUntilEnded(listener.in));
  MUST(listener.in.result.ok());
  const OwnedHandle accepted(listener.in.result);
  return bed.verdict();
}

CONTRACT(ErrorTest, S12_InterruptionsNeverComeOut) {
  Bed<B> bed;
  Connection<B> c(bed);
  Address at = Loopback4();
  Endpoint<B> listener(bed, OwnedHandle(Listen(at)));
  const Interruptions interruptions;
  const Deadline at_least = Now().Plus(200 * kMilli);
  for (int round = 0; round < 100 || !HasPassed(at_least); ++round) {
    Pump<B> pump(c.client, c.server, 1 << 18, 100'000, 9);
    pump.Start();
    listener.Accept();
    Endpoint<B> dialer(bed, OwnedHandle(NewTcp4()));
    dialer.Connect(at);
    MUST(bed.PollUntilEnded(dialer.out) && bed.PollUntilEnded(listener.in));
    MUST(dialer.out.result.ok() && listener.in.result.ok());
    const OwnedHandle accepted(listener.in.result);
    (void)ResetOnClose(*accepted);
    (void)bed.Poll(Now().Plus(kMilli));
    MUST(bed.PollUntil([&pump] { return pump.finished(); }));
    MUST(pump.wrong() == "");
    MUST(bed.PollUntilEnded(c.client.out));
  }
  MUST(Interruptions::Count() > 0);
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
