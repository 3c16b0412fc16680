// SPDX-License-Identifier: Apache-2.0
// Sentences 6 to 9 of the contract of a backend: what holds of every operation.
#include <array>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(OpTest);

CONTRACT(OpTest, S06_EveryOpEndsInPollExactlyOnce) {
  Bed<B> bed;
  std::array<std::byte, 64> buffer, other_buffer, more_buffer;
  const auto bytes = Pattern(32);
  Address at = Loopback4(), nowhere;
  Connection<B> c(bed), empty(bed), ended(bed), shut(bed);
  Endpoint<B> listener(bed, OwnedHandle(Listen(at)));
  Endpoint<B> dialer(bed, OwnedHandle(NewTcp4())), refused(bed, OwnedHandle(NewTcp4()));
  const OwnedHandle nobody(BoundOnly(nowhere));
  (void)ShutdownSend(ended.client.handle());
  (void)ShutdownSend(shut.client.handle());

  // Some end at once, some wait for another, some fail, some are canceled.
  c.server.Recv(buffer);
  c.client.Send(bytes);
  empty.client.Send({});
  empty.client.Recv({buffer.data(), 0});
  empty.server.Recv(other_buffer);
  ended.server.Recv(more_buffer);
  shut.client.Send(bytes);
  listener.Accept();
  dialer.Connect(at);
  refused.Connect(nowhere);
  empty.server.Cancel(empty.server.in);

  const std::vector<const Call<B>*> calls = {
      &c.server.in,     &c.client.out,    &empty.client.out, &empty.client.in, &empty.server.in,
      &ended.server.in, &shut.client.out, &listener.in,      &dialer.out,      &refused.out};
  MUST(bed.PollUntil([&calls] {
    for (const Call<B>* call : calls) {
      if (call->pending()) return false;
    }
    return true;
  }));
  bed.PollInVain();
  for (const Call<B>* call : calls) MUST(call->ended == 1);
  MUST(listener.in.result.ok());
  (void)CloseHandle(static_cast<Handle>(listener.in.result.n));
  return bed.verdict();
}
CATCHES(OpTest, S06_EveryOpEndsInPollExactlyOnce, DropsACompletion, "PollUntil")
CATCHES(OpTest, S06_EveryOpEndsInPollExactlyOnce, EndsTwice, "call->ended == 1")
CATCHES(OpTest, S06_EveryOpEndsInPollExactlyOnce, EndsInStart, "S06: Start called done")

CONTRACT(OpTest, S06_ThousandsOfRandomOpsEndOnceEach) {
  Bed<B> bed;
  std::mt19937_64 random(1);
  const auto bytes = Pattern(256);
  std::array<std::byte, 256> buffer;  // of all receives: what they bring is not looked at
  std::vector<std::unique_ptr<Connection<B>>> connections;
  for (int i = 0; i < 32; ++i) connections.push_back(std::make_unique<Connection<B>>(bed));
  for (int round = 0; round < 20'000 / kSlowness; ++round) {
    Connection<B>& c = *connections[random() % connections.size()];
    Endpoint<B>& end = random() % 2 == 0 ? c.client : c.server;
    const bool receive = random() % 2 == 0;
    const size_t size = random() % 8 == 0 ? 0 : 1 + random() % 256;
    Call<B>& call = receive ? end.in : end.out;
    if (call.pending()) {
      if (random() % 2 == 0) end.Cancel(call);
    } else if (receive) {
      end.Recv({buffer.data(), size});
    } else {
      end.Send({bytes.data(), size});
    }
    if (random() % 4 == 0) (void)bed.Poll(Deadline::Past());
  }
  for (const auto& c : connections) {
    for (Endpoint<B>* end : {&c->client, &c->server}) {
      end->Cancel(end->in);
      end->Cancel(end->out);
      MUST(bed.PollUntilEnded(end->in) && bed.PollUntilEnded(end->out));
    }
  }
  bed.PollInVain();
  for (const auto& c : connections) {
    for (Endpoint<B>* end : {&c->client, &c->server}) {
      MUST(end->in.ended == end->in.started);
      MUST(end->out.ended == end->out.started);
    }
  }
  return bed.verdict();
}

CONTRACT(OpTest, S06_TheCallersBufferIsUsedAndNobodyElses) {
  Bed<B> bed;
  constexpr size_t kRoom = 100, kGuard = 64;
  constexpr std::byte kUntouched{0xa5};
  std::array<std::array<std::byte, kGuard + kRoom + kGuard>, 20> buffers;
  std::vector<std::unique_ptr<Line<B>>> lines;
  for (size_t i = 0; i < buffers.size(); ++i) {
    buffers[i].fill(kUntouched);
    lines.push_back(std::make_unique<Line<B>>(bed));
    lines[i]->end.Recv({buffers[i].data() + kGuard, kRoom});
  }
  // More than fits, in another order.
  for (size_t i = buffers.size(); i-- > 0;) Push(*lines[i]->peer, Pattern(2 * kRoom, 0, i));
  for (size_t i = 0; i < buffers.size(); ++i) {
    MUST(bed.PollUntilEnded(lines[i]->end.in));
    MUST(lines[i]->end.in.result.ok());
    const auto n = static_cast<size_t>(lines[i]->end.in.result.n);
    MUST(IsPattern({buffers[i].data() + kGuard, n}, 0, i));
    for (size_t k = 0; k < kGuard; ++k) {
      MUST(buffers[i][k] == kUntouched && buffers[i][kGuard + kRoom + k] == kUntouched);
    }
  }
  return bed.verdict();
}

CONTRACT(OpTest, S07_ABlockedSendDoesNotHoldAReceive) {
  Bed<B> bed;
  std::vector<std::byte> chunk(256 << 10);
  std::array<std::byte, 64> buffer;
  const auto bytes = Pattern(64);
  Connection<B> c(bed);
  (void)FillUntilBlocked(bed, c.client, chunk);
  c.client.Recv(buffer);
  bed.PollInVain();
  MUST(c.client.in.pending());
  c.server.Send(bytes);
  MUST(bed.PollUntilEnded(c.client.in));
  MUST(c.client.in.result.ok() && c.client.in.result.n >= 1);
  MUST(c.client.out.pending());
  return bed.verdict();
}
CATCHES(OpTest, S07_ABlockedSendDoesNotHoldAReceive, OneDirectionAtATime, "PollUntilEnded")

CONTRACT(OpTest, S07_APendingReceiveDoesNotHoldASend) {
  Bed<B> bed;
  std::array<std::byte, 64> client_buffer, server_buffer;
  const auto bytes = Pattern(64);
  Connection<B> c(bed);
  c.client.Recv(client_buffer);
  c.server.Recv(server_buffer);
  bed.PollInVain();
  c.client.Send(bytes);
  MUST(bed.PollUntilEnded(c.client.out) && bed.PollUntilEnded(c.server.in));
  MUST(c.client.in.pending());
  return bed.verdict();
}

CONTRACT(OpTest, S07_StreamsInBothDirectionsAtOnce) {
  Bed<B> bed;
  Connection<B> c(bed);
  Pump<B> there(c.client, c.server, 8 << 20, 256 << 10, 3);
  Pump<B> back(c.server, c.client, 8 << 20, 64 << 10, 4);
  there.Start();
  back.Start();
  MUST(bed.PollUntil([&] { return there.finished() && back.finished(); }));
  MUST(there.wrong() + back.wrong() == "");
  return bed.verdict();
}

TYPED_TEST(OpTest, S07_ASecondOpInADirectionAborts) {
  if (CannotRun<TypeParam>()) return;
#ifdef __SANITIZE_THREAD__
  NotApplicable("a death test forks, which ThreadSanitizer does not follow");
#else
  Bed<TypeParam> bed;
  std::byte buffer[64];
  Line<TypeParam> line(bed);
  line.end.Recv(buffer);
  bed.PollInVain();
  Call<TypeParam> second(bed);
  second.kind = Op::Kind::kRecv;
  second.data = buffer;
  second.size = sizeof buffer;
  EXPECT_DEATH(line.end.StartAlso(second), "check failed");
#endif
}

CONTRACT(OpTest, S08_AReceiveBufferIsUntouchedAfterDone) {
  Bed<B> bed;
  std::array<std::byte, 64> buffer, canceled, next;
  Line<B> line(bed);
  line.end.Recv(buffer);
  Push(*line.peer, Pattern(64));
  MUST(bed.PollUntilEnded(line.end.in));
  buffer.fill(std::byte{0xa5});
  // A canceled one likewise.
  line.end.in.then = [&canceled](Call<B>&) { canceled.fill(std::byte{0xa5}); };
  do {
    line.end.Recv(canceled);
    line.end.Cancel(line.end.in);
    MUST(bed.PollUntilEnded(line.end.in));
  } while (line.end.in.result.err != Errc::kCanceled);
  Push(*line.peer, Pattern(1000));
  bed.PollInVain();
  line.end.in.then = nullptr;
  line.end.Recv(next);
  MUST(bed.PollUntilEnded(line.end.in));
  bed.PollInVain();
  for (const std::byte b : buffer) MUST(b == std::byte{0xa5});
  for (const std::byte b : canceled) MUST(b == std::byte{0xa5});
  return bed.verdict();
}
CATCHES(OpTest, S08_AReceiveBufferIsUntouchedAfterDone, WritesAfterDone, "b == std::byte{0xa5}")

CONTRACT(OpTest, S08_ASendBufferMayBeOverwrittenInDone) {
  Bed<B> bed;
  auto chunk = Pattern(100'000);
  std::vector<std::byte> received(chunk.size());
  Connection<B> c(bed);
  c.client.out.then = [&chunk](Call<B>&) { chunk.assign(chunk.size(), std::byte{0}); };
  c.client.Send(chunk);
  MUST(bed.PollUntilEnded(c.client.out));
  MUST(c.client.out.result.ok());
  size_t got = 0;
  for (const auto sent = static_cast<size_t>(c.client.out.result.n); got < sent;) {
    c.server.Recv({received.data() + got, received.size() - got});
    MUST(bed.PollUntilEnded(c.server.in));
    MUST(c.server.in.result.n >= 1);
    got += static_cast<size_t>(c.server.in.result.n);
  }
  MUST(IsPattern({received.data(), got}, 0));
  return bed.verdict();
}

CONTRACT(OpTest, S09_DoneMayStartItsOwnOp) {
  Bed<B> bed;
  Connection<B> c(bed);
  c.client.in.then = [&c](Call<B>& call) {
    if (call.ended < 1000) c.client.Recv({});
  };
  c.client.Recv({});
  Pump<B> pump(c.client, c.server, 1 << 20, 3000, 5);
  pump.Start();
  MUST(bed.PollUntil([&] { return c.client.in.ended == 1000 && pump.finished(); }));
  MUST(pump.wrong() == "");
  return bed.verdict();
}

CONTRACT(OpTest, S09_DoneMayStartOtherOps) {
  Bed<B> bed;
  std::byte one, other;
  const auto byte = Pattern(1);
  Line<B> first(bed), second(bed);
  first.end.in.then = [&](Call<B>&) {
    second.end.Recv({&other, 1});
    Push(*second.peer, byte);
  };
  second.end.in.then = [&](Call<B>& call) {
    if (call.ended == 500) return;
    first.end.Recv({&one, 1});
    Push(*first.peer, byte);
  };
  first.end.Recv({&one, 1});
  Push(*first.peer, byte);
  MUST(bed.PollUntil([&] { return second.end.in.ended == 500; }));
  MUST(first.end.in.ended == 500);
  return bed.verdict();
}

CONTRACT(OpTest, S09_DoneMayCancel) {
  Bed<B> bed;
  std::array<std::byte, 16> one, other;
  Line<B> first(bed), second(bed);
  first.end.in.then = [&](Call<B>& call) {
    first.end.Cancel(call);
    second.end.Cancel(second.end.in);
  };
  second.end.Recv(other);
  first.end.Recv(one);
  bed.PollInVain();
  MUST(second.end.in.pending());
  Push(*first.peer, Pattern(16));
  MUST(bed.PollUntilEnded(first.end.in) && bed.PollUntilEnded(second.end.in));
  MUST(first.end.in.result.ok());
  MUST(second.end.in.result.err == Errc::kCanceled);
  return bed.verdict();
}

CONTRACT(OpTest, S09_DoneMayAttachAndDetach) {
  Bed<B> bed;
  std::array<std::byte, 16> buffer, fresh_buffer;
  Line<B> line(bed);
  std::optional<Line<B>> fresh;
  line.end.in.then = [&](Call<B>&) {
    line.end.Detach();
    fresh.emplace(bed);
    fresh->end.Recv(fresh_buffer);
  };
  line.end.Recv(buffer);
  bed.PollInVain();
  Push(*line.peer, Pattern(16));
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(fresh.has_value());
  Push(*fresh->peer, Pattern(16));
  MUST(bed.PollUntilEnded(fresh->end.in));
  MUST(fresh->end.in.result.ok());
  return bed.verdict();
}

CONTRACT(OpTest, S09_DoneMayDestroyOpAndPort) {
  Bed<B> bed;
  // Many in one batch, each of which destroys itself, and one in three an idle neighbour too.
  std::vector<std::array<std::byte, 16>> buffers(60);
  std::vector<std::unique_ptr<Line<B>>> lines;
  for (size_t i = 0; i < buffers.size(); ++i) lines.push_back(std::make_unique<Line<B>>(bed));
  size_t gone = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    lines[i]->end.in.then = [&lines, &gone, i](Call<B>&) {
      lines[i].reset();
      ++gone;
      if (i % 4 == 2) lines[i + 1].reset();
    };
    if (i % 4 != 3) lines[i]->end.Recv(buffers[i]);
  }
  bed.PollInVain();
  for (const auto& line : lines) Push(*line->peer, Pattern(16));
  MUST(bed.PollUntil([&gone] { return gone == 45; }));
  bed.PollInVain();
  for (size_t i = 0; i < lines.size(); ++i) MUST(lines[i] == nullptr);
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
