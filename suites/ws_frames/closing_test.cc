// SPDX-License-Identifier: Apache-2.0
// How an endpoint ends, against a bare peer on every backend: within bounds, for everybody who
// waits, and for the strongest of its reasons.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "suites/ws_frames/endpoint_fixture.h"

namespace tare::suites::ws_frames {
namespace {

template <class B>
class ClosingTest : public EndpointTest<B> {};
TYPED_TEST_SUITE(ClosingTest, AllBackends, BackendNames);

// The peer neither answers nor reads: with 30 ms for either half it is over after 60, and everybody
// that waits knows at once.
WS_TEST(ClosingTest, WS_30_ClosingIsBoundedAndEndsWhatWaits) {
  Limits limits;
  limits.close_wait = 30 * kMillisecond;
  for (const bool stuck : {false, true}) {
    typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, limits);
    c.endpoint.Listen();
    Frame current(Opcode::kBinary, Bytes(stuck ? 16 << 20 : 10)), waits(Opcode::kText, {});
    EXPECT_EQ(c.endpoint.Send(current), Errc::kOk);
    for (int i = 0; i < 100; ++i) t.loop.Turn(Deadline::Past());
    EXPECT_EQ(current.times, stuck ? 0 : 1);
    EXPECT_EQ(c.endpoint.Send(waits), Errc::kOk);
    const Stopwatch watch;
    EXPECT_EQ(c.endpoint.BeginClose(), Errc::kOk);
    EXPECT_EQ(c.endpoint.BeginClose(), Errc::kClosed) << "twice";
    Frame late(Opcode::kText, {});
    EXPECT_EQ(c.endpoint.Send(late), Errc::kClosed);
    EXPECT_TRUE(c.endpoint.AwaitEnd());
    EXPECT_EQ(c.endpoint.end.err, Errc::kClosed);
    EXPECT_EQ(c.endpoint.closed, 0) << "the peer has still time";
    if (stuck) {
      EXPECT_EQ(waits.times, 1);
    }
    EXPECT_TRUE(TurnUntil(t.loop, [&] { return c.endpoint.closed > 0; }));
    EXPECT_LT(watch.Took(), Scaled(10 * limits.close_wait)) << "five times what is promised";
    EXPECT_FALSE(c.endpoint.close_result.ok());
    EXPECT_EQ(current.times, 1);
    EXPECT_EQ(waits.times, 1);
    EXPECT_EQ(c.endpoint.close_code(), 1006);
    EXPECT_EQ(c.endpoint.BeginClose(), Errc::kClosed);
  }
}

// A Close that cannot be sent is waited for once, and not for the peer's after that.
WS_TEST(ClosingTest, WS_30_WhatCannotBeSentIsWaitedForOnce) {
  Limits limits;
  limits.close_wait = 30 * kMillisecond;
  typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, limits);
  Frame stuck(Opcode::kBinary, Bytes(16 << 20));
  EXPECT_EQ(c.endpoint.Send(stuck), Errc::kOk);
  for (int i = 0; i < 100; ++i) t.loop.Turn(Deadline::Past());
  const Deadline before = Now();
  EXPECT_EQ(c.endpoint.BeginClose(), Errc::kOk);
  const Deadline begun = Now();
  const Deadline latest = LatestDue(t.loop, [&] { return c.endpoint.closed > 0; });
  EXPECT_FALSE(c.endpoint.close_result.ok());
  EXPECT_GE(latest, before.Plus(limits.close_wait));
  EXPECT_LE(latest, begun.Plus(limits.close_wait)) << "waited for anew";
}

// The peer's half begins with the Close frame, and not anew with an error that it makes meanwhile:
// one that comes in time, for which a slow machine is given more of it.
WS_TEST(ClosingTest, WS_30_AnErrorInClosingGivesThePeerNoMoreTime) {
  bool in_time = false;
  for (Limits limits{.close_wait = 30 * kMillisecond}; !in_time && limits.close_wait < 10 * kSecond;
       limits.close_wait *= 2) {
    typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, limits);
    EXPECT_EQ(c.endpoint.BeginClose(), Errc::kOk);
    c.Hear(4);
    // Until this end knows as well that its Close is written.
    const Deadline later = Now().Plus(limits.close_wait / 2);
    int turns = 0;
    EXPECT_TRUE(TurnUntil(t.loop, [&] { return ++turns > 10 && HasPassed(later); }));
    in_time = c.endpoint.closed == 0;
    const Deadline said = Now();
    c.peer.Say(FromClient(0x83, "wrong"));
    const Deadline latest = LatestDue(t.loop, [&] { return c.endpoint.closed > 0; });
    EXPECT_LE(latest, said.Plus(limits.close_wait)) << "waited for anew";
  }
  EXPECT_TRUE(in_time);
}

// Also a read whose buffer the system has: this end does not wait for the peer's bytes to give it
// back.
WS_TEST(ClosingTest, WS_30_ClosingEndsADirectReadAtOnce) {
  Limits limits;
  limits.close_wait = 3600 * kSecond;
  typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, limits, 2 * limits.buffer);
  c.endpoint.Listen();
  c.Say(HeaderWire(0x82, 10 * limits.buffer, kKey) + Bytes(100));
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return c.endpoint.pieces > 0; }));
  EXPECT_EQ(c.endpoint.BeginClose(), Errc::kOk);
  EXPECT_TRUE(c.endpoint.AwaitEnd());
  EXPECT_EQ(c.endpoint.end.err, Errc::kClosed);
  EXPECT_EQ(c.endpoint.closed, 0);
}

// What the peer has said before is read, and every frame in line says what the descriptor said.
WS_TEST(ClosingTest, WS_27_AnOutputThatIsBrokenEndsFramesAndNotReads) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  ASSERT_TRUE(io::ShutdownSend(c.pair.server).ok());
  Frame first(Opcode::kText, BytesOf("a")), second(Opcode::kText, BytesOf("b"));
  EXPECT_EQ(c.endpoint.Send(first), Errc::kOk);
  EXPECT_EQ(c.endpoint.Send(second), Errc::kOk);
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return first.times + second.times == 2; }));
  for (const Frame* frame : {&first, &second}) {
    EXPECT_FALSE(frame->result.ok());
    EXPECT_NE(frame->result.err, Errc::kClosed) << "it was not this end's doing";
  }
  c.Say(FromClient(0x81, "still said"));
  c.endpoint.Listen();
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return !c.endpoint.messages.empty(); }));
  EXPECT_EQ(c.endpoint.ended, 0);
}

// Not for the first read after it only.
WS_TEST(ClosingTest, WS_27_ThePeersCloseComesBeforeACancel) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  c.Say(FromClient(0x88, "\x03\xE8"));
  EXPECT_TRUE(c.endpoint.AwaitEnd());
  EXPECT_EQ(c.endpoint.end.err, Errc::kEof);
  Context context;
  context.Cancel();
  c.endpoint.Listen(context);
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return c.endpoint.ended == 2; }));
  EXPECT_EQ(c.endpoint.end.err, Errc::kEof);
}

// Where it was on, so that the second part of a message would wait for the first one's
// acknowledgement.
WS_TEST(ClosingTest, NaglesDelayIsOff) {
  const io::Pair pair = t.NewPair();
  int on = 0;
  socklen_t size = sizeof on;
  ASSERT_EQ(setsockopt(pair.server, IPPROTO_TCP, TCP_NODELAY, &on, size), 0);
  RawPeer peer(pair.client);
  Listener<B> endpoint(t.loop, Role::kServer);
  ASSERT_TRUE(endpoint.OpenOn(pair.server).ok());
  ASSERT_EQ(getsockopt(pair.server, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
  EXPECT_NE(on, 0);
  peer.Close();
}

// Ended in the middle of a frame either way, it knows nothing of that on the next connection.
WS_TEST(ClosingTest, WS_30_AClosedEndpointMayBeOpenedAgain) {
  Limits limits;
  limits.close_wait = 30 * kMillisecond;
  typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, limits);
  c.endpoint.Listen();
  Frame stuck(Opcode::kBinary, Bytes(16 << 20), false);
  EXPECT_EQ(c.endpoint.Send(stuck), Errc::kOk);
  const Bytes part = FromClient(0x01, "\xE2\x82") + HeaderWire(0x80, 100, kKey);
  EXPECT_EQ(c.peer.Say(part), part.size());
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return c.endpoint.message.size() == 2; }));
  EXPECT_FALSE(c.endpoint.CloseNow().ok());
  EXPECT_EQ(stuck.times, 1);

  const io::Pair again = t.NewPair();
  RawPeer peer(again.client);
  c.endpoint.closed = 0;
  c.endpoint.message.clear();
  ASSERT_TRUE(c.endpoint.OpenOn(again.server).ok());
  c.endpoint.Listen();
  peer.Say(FromClient(0x81, "anew") + FromClient(0x89, "ping") + FromClient(0x88, "\x03\xE8"));
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return !peer.Hear(); }));
  EXPECT_EQ(ReferenceEvents(Role::kClient, {}, peer.heard(), std::array{size_t{1} << 20}).events,
            (std::vector<Event>{
                Control(10, "ping"), Control(8, "\x03\xE8"), {Event::Kind::kClosed, 1000}}));
  EXPECT_EQ(c.endpoint.messages, (std::vector<Event>{Message(1, "anew")}));
  peer.Close();
  EXPECT_TRUE(c.endpoint.CloseNow().ok());
  EXPECT_EQ(c.endpoint.close_code(), 1000);
}

WS_TEST(ClosingTest, WS_31_WhatMayNotBeSaidIsRefused) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  for (const uint16_t code : {0, 999, 1004, 1005 + 1, 1015, 1016, 2999, 5000}) {
    EXPECT_EQ(c.endpoint.BeginClose(code), Errc::kInvalid) << code;
  }
  EXPECT_EQ(c.endpoint.BeginClose(1000, std::string(124, 'r')), Errc::kInvalid);
  EXPECT_EQ(c.endpoint.BeginClose(1000, "\xFF"), Errc::kInvalid);
  EXPECT_EQ(c.endpoint.BeginClose(1000, "cut \xE2\x82"), Errc::kInvalid);
  Frame long_ping(Opcode::kPing, Bytes(126)), close(Opcode::kClose, {}),
      part(Opcode::kPing, {}, false);
  for (Frame* frame : {&long_ping, &close, &part}) {
    EXPECT_EQ(c.endpoint.Send(*frame), Errc::kInvalid);
  }
  EXPECT_TRUE(c.endpoint.open());
  const std::string reason(123, 'r');
  EXPECT_EQ(c.endpoint.BeginClose(4999, reason), Errc::kOk);
  c.Hear(4 + 123);
  c.Say(FromClient(0x88, "\x03\xE8"));
  EXPECT_EQ(c.HearAll(), ClosedWith(4999, reason));
  EXPECT_EQ(c.endpoint.BeginClose(999), Errc::kInvalid) << "however things stand";
  c.peer.Close();
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return c.endpoint.closed > 0; }));
  EXPECT_TRUE(c.endpoint.close_result.ok());
  EXPECT_EQ(c.endpoint.BeginClose(1000, "\xFF"), Errc::kInvalid);
}

// Ours is on its way when the peer's comes; what else comes is dropped, and no ping answered.
WS_TEST(ClosingTest, WS_14_AfterItsCloseThisEndSaysNothingAndWaitsForThePeers) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  EXPECT_EQ(c.endpoint.BeginClose(1001, "going"), Errc::kOk);
  c.Hear(9);
  c.Say(FromClient(0x82, std::string(70000, 'x')) + FromClient(0x89, "ping") +
        FromClient(0x88, "\x03\xE8"));
  EXPECT_EQ(c.HearAll(), ClosedWith(1001, "going"));
  c.peer.Close();
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return c.endpoint.closed > 0; }));
  EXPECT_TRUE(c.endpoint.close_result.ok());
  EXPECT_EQ(c.endpoint.close_code(), 1000);
  EXPECT_TRUE(c.endpoint.messages.empty());
}

}  // namespace
}  // namespace tare::suites::ws_frames
