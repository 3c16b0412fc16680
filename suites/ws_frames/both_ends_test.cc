// SPDX-License-Identifier: Apache-2.0
// A client and a server of ours against each other, on every backend: sizes, fragments, order,
// allocations, and cancels that come too late.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "suites/ws_frames/endpoint_fixture.h"

namespace tare::suites::ws_frames {
namespace {

#ifdef TARE_LONG
constexpr int kCancelRounds = 1'000'000;
#else
constexpr int kCancelRounds = 3'000;
#endif

template <class B>
class BothEndsTest : public EndpointTest<B> {
 public:
  static Event Of(Opcode opcode, const Bytes& payload) {
    return {Event::Kind::kMessage, static_cast<uint16_t>(opcode), payload};
  }
};
TYPED_TEST_SUITE(BothEndsTest, AllBackends, BackendNames);

WS_TEST(BothEndsTest, WS_03_WS_19_EverySizeBothWays) {
  Limits limits;
  for (const size_t room : {size_t{100}, size_t{100'000}}) {
    typename EndpointTest<B>::Both c(t.loop, limits, room);
    c.client.Listen();
    c.server.Listen();
    for (const size_t size : {0, 1, 125, 126, 127, 8191, 8192, 8193, 16370, 16384, 65535, 65536,
                              65537, 1 << 20, 16 << 20}) {
      if (size > 65537 && room == 100) continue;
      Frame up(Opcode::kBinary, Noise(size, size)), down(Opcode::kBinary, Noise(size, size + 1));
      EXPECT_EQ(c.client.Send(up), Errc::kOk);
      EXPECT_EQ(c.server.Send(down), Errc::kOk);
      ASSERT_TRUE(TurnUntil(t.loop, [&] {
        return c.client.messages.size() == 1 && c.server.messages.size() == 1 && up.times == 1 &&
               down.times == 1;
      })) << size;
      EXPECT_EQ(c.server.messages.front() == BothEndsTest<B>::Of(Opcode::kBinary, up.kept), true);
      EXPECT_EQ(c.client.messages.front() == BothEndsTest<B>::Of(Opcode::kBinary, down.kept), true);
      EXPECT_EQ(up.result.n, static_cast<int64_t>(size));
      c.client.messages.clear();
      c.server.messages.clear();
    }
  }
}

WS_TEST(BothEndsTest, WS_19_AMessageOf65536Fragments) {
  typename EndpointTest<B>::Both c(t.loop);
  c.server.Listen();
  const Bytes all = Noise(65536 * 64, 1);
  struct Fragments : Outgoing {
    Listener<B>* client;
    const Bytes* all;
    size_t next = 1;
  } fragments;
  fragments.client = &c.client;
  fragments.all = &all;
  fragments.fin = false;
  fragments.payload = std::span(all).first(64);
  fragments.done = [](Outgoing& out, Result r) noexcept {
    auto& f = static_cast<Fragments&>(out);
    if (!r.ok() || f.next == 65536) return;
    f.payload = std::span(*f.all).subspan(64 * f.next, 64);
    f.fin = ++f.next == 65536;
    (void)f.client->Send(f);
  };
  EXPECT_EQ(c.client.Send(fragments), Errc::kOk);
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return !c.server.messages.empty(); }));
  EXPECT_TRUE(c.server.messages.front() == BothEndsTest<B>::Of(Opcode::kBinary, all));
}

// Between the fragments of one message come control frames, and no other message.
WS_TEST(BothEndsTest, WS_08_WS_28_OnlyControlFramesComeBetweenFragments) {
  typename EndpointTest<B>::Both c(t.loop);
  c.client.Listen();
  c.server.Listen();
  Frame parts(Opcode::kText, BytesOf("one "), false), other(Opcode::kText, BytesOf("other"));
  Frame ping(Opcode::kPing, BytesOf("between"));
  EXPECT_EQ(c.client.Send(parts), Errc::kOk);
  EXPECT_EQ(c.client.Send(other), Errc::kOk);
  EXPECT_EQ(c.client.Send(ping), Errc::kOk);
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return parts.times == 1 && c.client.pongs.size() == 1; }));
  EXPECT_EQ(other.times, 0);
  parts.kept = BytesOf("message");
  parts.payload = parts.kept;
  parts.fin = true;
  EXPECT_EQ(c.client.Send(parts), Errc::kOk);
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return c.server.messages.size() == 2; }));
  EXPECT_EQ(TextOf(c.server.messages[0].payload), "one message");
  EXPECT_EQ(TextOf(c.server.messages[1].payload), "other");
  EXPECT_EQ(TextOf(c.client.pongs[0]), "between");
}

// Messages, pings and pongs under three contexts in turn.
WS_TEST(BothEndsTest, WS_24_WS_25_WS_26_AnExchangeAllocatesNothing) {
  struct Echo : io::ws_frames::Endpoint<B> {
    Echo(io::Loop<B>& loop, Role role) : io::ws_frames::Endpoint<B>(loop, role) {
      out.done = [](Outgoing&, Result r) noexcept { EXPECT_TRUE(r.ok()); };
    }
    void Go() {
      EXPECT_EQ(
          this->Read(*contexts[++reads % 3], to,
                     [](io::ws_frames::Endpoint<B>& e, const Piece& piece) noexcept {
                       Echo& self = static_cast<Echo&>(e);
                       if (piece.result.err == Errc::kClosed || piece.result.err == Errc::kEof) {
                         return;  // at the end
                       }
                       self.bad += !piece.result.ok() || !piece.last;
                       ++self.got;
                       self.out.payload =
                           std::span(self.to).first(static_cast<size_t>(piece.result.n));
                       if (!self.is_client) self.bad += self.Send(self.out) != Errc::kOk;
                       self.Go();
                     }),
          Errc::kOk);
    }
    std::array<Context*, 3> contexts;
    size_t reads = 0;
    std::array<std::byte, 512> to;
    Outgoing out;
    int got = 0, bad = 0;
    bool is_client = false, closed = false;
  };
  const io::Pair pair = EndpointTest<B>::NewPair();
  Echo client(t.loop, Role::kClient), server(t.loop, Role::kServer);
  Context cancellable, deadline(t.loop.timers(), Now().Plus(3600 * kSecond));
  client.contexts = server.contexts = {&Context::None(), &cancellable, &deadline};
  client.is_client = true;
  ASSERT_TRUE(client.Open(pair.client).ok());
  ASSERT_TRUE(server.Open(pair.server).ok());
  client.Go();
  server.Go();
  const Bytes payload = Noise(512, 1);
  Outgoing message, ping;
  message.payload = payload;
  ping.opcode = Opcode::kPing;
  ping.payload = std::span(payload).first(125);
  static int written;
  written = 0;
  message.done = ping.done = [](Outgoing&, Result) noexcept { ++written; };
  const auto trip = [&](int trips) {
    for (int i = 0; i < trips; ++i) {
      const int before = client.got, sent = written;
      client.bad += client.Send(message) != Errc::kOk;
      client.bad += client.Send(ping) != Errc::kOk;
      while (client.got == before || written < sent + 2) t.loop.Turn();
    }
  };
  trip(100);  // the first keys, and what OpenSSL keeps for them
  const AllocScope scope;
  trip(1000);
  const AllocCount count = scope.Delta();
  EXPECT_EQ(client.bad + server.bad, 0);
  EXPECT_TRUE(!AllocsAreCounted() || count.allocs == 0) << count.allocs;
  for (Echo* end : {&client, &server}) {
    EXPECT_EQ(
        end->Close(1000, "", [](auto& e, Result) noexcept { static_cast<Echo&>(e).closed = true; }),
        Errc::kOk);
  }
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return client.closed && server.closed; }));
}

// The context of each read is cancelled by another thread when the read has succeeded, while the
// next one begins under another context.
WS_TEST(BothEndsTest, WS_23_SD_3_03_ACancelJustAfterAReadHarmsNothing) {
  typename EndpointTest<B>::Both c(t.loop);
  std::array<Context, 8> contexts;
  std::atomic<int> succeeded{0}, canceled{0};
  std::thread cancels([&] {
    for (int i = 0; i < kCancelRounds; ++i) {
      while (succeeded.load(std::memory_order_acquire) <= i) std::this_thread::yield();
      contexts[static_cast<size_t>(i % 8)].Cancel();
      canceled.store(i + 1, std::memory_order_release);
    }
  });
  c.server.once = true;
  Frame frame(Opcode::kBinary, Noise(10, 1));
  bool good = true;
  int i = 0;
  for (; good && i < kCancelRounds; ++i) {
    while (i - canceled.load(std::memory_order_acquire) > 6) std::this_thread::yield();
    Context& context = contexts[static_cast<size_t>(i % 8)];
    std::destroy_at(&context);
    std::construct_at(&context);
    good = c.client.Send(frame) == Errc::kOk;
    c.server.Listen(context);
    while (good && (c.server.pieces <= i || frame.times <= i) && c.server.ended == 0) t.loop.Turn();
    good = good && c.server.ended == 0;
    c.server.messages.clear();
    succeeded.store(i + 1, std::memory_order_release);
  }
  succeeded.store(kCancelRounds, std::memory_order_release);
  cancels.join();
  EXPECT_EQ(i, kCancelRounds);
  EXPECT_EQ(c.server.ended, 0) << Name(c.server.end.err);
  EXPECT_TRUE(c.server.open());
  for (int turn = 0; turn < 10; ++turn) t.loop.Turn(Deadline::Past());
}

WS_TEST(BothEndsTest, WS_30_CloseAgainstPingsSixtyFourTimes) {
  for (int round = 0; round < 64; ++round) {
    typename EndpointTest<B>::Both c(t.loop);
    c.client.Listen();
    c.server.Listen();
    Frame ping(Opcode::kPing, BytesOf("ping")), back(Opcode::kPing, BytesOf("back"));
    (void)c.client.Send(ping);
    (void)c.server.Send(back);
    for (int turn = 0; turn < round % 8; ++turn) t.loop.Turn(Deadline::Past());
    EXPECT_TRUE(round % 3 == 0 || c.client.BeginClose(1000) == Errc::kOk);
    EXPECT_TRUE(round % 3 == 1 || c.server.BeginClose(1001) == Errc::kOk);
    ASSERT_TRUE(TurnUntil(t.loop, [&] { return c.client.ended > 0 && c.server.ended > 0; }));
    (void)c.client.BeginClose();
    (void)c.server.BeginClose();
    ASSERT_TRUE(TurnUntil(t.loop, [&] { return c.client.closed > 0 && c.server.closed > 0; }));
    EXPECT_TRUE(c.client.close_result.ok()) << round;
    EXPECT_TRUE(c.server.close_result.ok()) << round;
    EXPECT_EQ(ping.times + back.times, 2);
  }
}

// In the middle of a message, from inside the callback of a read.
WS_TEST(BothEndsTest, WS_30_CloseInTheMiddleOfAReadReachesTheOtherSidesWriters) {
  typename EndpointTest<B>::Both c(t.loop);
  c.client.Listen();
  c.server.Listen();
  c.server.then = [&] { (void)c.server.BeginClose(1001, "enough"); };
  Frame big(Opcode::kBinary, Noise(4 << 20, 1)), next(Opcode::kText, {});
  EXPECT_EQ(c.client.Send(big), Errc::kOk);
  EXPECT_EQ(c.client.Send(next), Errc::kOk);
  ASSERT_TRUE(c.client.AwaitEnd());
  EXPECT_EQ(c.client.end.err, Errc::kEof);
  EXPECT_EQ(c.client.close_code(), 1001);
  EXPECT_TRUE(c.client.CloseNow().ok());
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return c.server.closed > 0; }));
  EXPECT_TRUE(c.server.close_result.ok());
  EXPECT_EQ(big.times, 1);
  EXPECT_EQ(next.result.err, Errc::kClosed);
}

}  // namespace
}  // namespace tare::suites::ws_frames
