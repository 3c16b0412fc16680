// SPDX-License-Identifier: Apache-2.0
// An endpoint against a bare peer, on every backend: what it answers, and with which code it
// refuses (rows WS).
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "suites/ws_frames/endpoint_fixture.h"

namespace tare::suites::ws_frames {
namespace {

template <class B>
class EndpointRowTest : public EndpointTest<B> {};
TYPED_TEST_SUITE(EndpointRowTest, AllBackends, BackendNames);

WS_TEST(EndpointRowTest, WS_14_WS_15_AMessageAPingAndAClose) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  c.Say(FromClient(0x81, "hello") + FromClient(0x89, "ping") + FromClient(0x8A, "unasked") +
        FromClient(0x88, "\x03\xE9why") + FromClient(0x89, "late") + FromClient(0x82, "late"));
  EXPECT_EQ(c.HearAll(),
            (std::vector<Event>{
                Control(10, "ping"), Control(8, "\x03\xE9"), {Event::Kind::kClosed, 1001}}));
  EXPECT_TRUE(c.endpoint.AwaitEnd());
  EXPECT_EQ(c.endpoint.messages, (std::vector<Event>{Message(1, "hello")}));
  EXPECT_EQ(c.endpoint.end.err, Errc::kEof);
  EXPECT_EQ(c.endpoint.close_code(), 1001);
  c.peer.Close();
  EXPECT_TRUE(c.endpoint.CloseNow().ok());
}

// Every error of the peer's: the code, the end of the stream, and nothing that came after it.
WS_TEST(EndpointRowTest, WS_01_WS_02_WS_04_WS_05_WS_07_WS_08_WS_09_WS_11_WS_12_WS_13_EveryError) {
  const struct {
    const char* what;
    Bytes bytes;
    uint16_t code;
  } cases[] = {
      {"opcode 3", FromClient(0x83), 1002},
      {"opcode 15", FromClient(0x8F), 1002},
      {"reserved bit", FromClient(0xC1, "x"), 1002},
      {"long form", Wire(0x82, 5, kKey, BytesOf("five5"), Form::k16), 1002},
      {"top bit", HeaderWire(0x82, uint64_t{1} << 63, kKey), 1002},
      {"not masked", Wire(0x82, 4, std::nullopt, BytesOf("four")), 1002},
      {"ping fragment", FromClient(0x09), 1002},
      {"ping of 126", FromClient(0x89, std::string(126, 'p')), 1002},
      {"continuation", FromClient(0x80, "x"), 1002},
      {"new message inside one", FromClient(0x01, "x") + FromClient(0x81, "y"), 1002},
      {"not UTF-8", FromClient(0x81, "\xC0"), 1007},
      {"not UTF-8 across fragments", FromClient(0x01, "\xE2\x82") + FromClient(0x80, "x"), 1007},
      {"cut UTF-8", FromClient(0x81, "\xE2\x82"), 1007},
      {"too long", HeaderWire(0x82, 1001, kKey), 1009},
      {"too long in all", FromClient(0x02, std::string(900, 'x')) + HeaderWire(0x80, 101, kKey),
       1009},
      {"close of one byte", FromClient(0x88, "\x03"), 1002},
      {"close with 1005", FromClient(0x88, "\x03\xED"), 1002},
      {"close with 1015", FromClient(0x88, "\x03\xF7"), 1002},
      {"close reason", FromClient(0x88, "\x03\xE8\xFF"), 1007},
  };
  Limits limits;
  limits.message = 1000;
  for (const auto& one : cases) {
    SCOPED_TRACE(one.what);
    typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, limits);
    c.endpoint.Listen();
    c.Say(FromClient(0x82, "good") + one.bytes + FromClient(0x89, "after"));
    EXPECT_EQ(c.HearAll(), ClosedWith(one.code));
    EXPECT_TRUE(c.endpoint.AwaitEnd());
    EXPECT_EQ(c.endpoint.messages, (std::vector<Event>{Message(2, "good")}));
    EXPECT_EQ(c.endpoint.end.err, one.code == 1009 ? Errc::kResource : Errc::kInvalid);
    EXPECT_EQ(c.endpoint.close_code(), one.code);
    c.peer.Close();
    EXPECT_FALSE(c.endpoint.CloseNow().ok());
  }
}

// One byte over is an error of its own; exactly the limit is a message.
WS_TEST(EndpointRowTest, WS_21_WS_06_TheLimitIsExact) {
  Limits limits;
  limits.message = 500;
  typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, limits);
  c.endpoint.Listen();
  const std::string most(500, 'm');
  c.Say(FromClient(0x82, most) + HeaderWire(0x82, 501, kKey));
  EXPECT_EQ(c.HearAll(), ClosedWith(1009)) << "before any of the payload has come";
  EXPECT_TRUE(c.endpoint.AwaitEnd());
  EXPECT_EQ(c.endpoint.end.err, Errc::kResource);
  EXPECT_EQ(c.endpoint.messages, (std::vector<Event>{Message(2, most)}));
}

WS_TEST(EndpointRowTest, WS_07_AClientRefusesWhatIsMasked) {
  typename EndpointTest<B>::WithPeer c(t.loop, Role::kClient);
  c.endpoint.Listen();
  c.Say(Wire(0x82, 4, std::nullopt, BytesOf("good")) + FromClient(0x82, "bad"));
  EXPECT_EQ(c.HearAll(Role::kServer), ClosedWith(1002));
  EXPECT_EQ(c.endpoint.messages, (std::vector<Event>{Message(2, "good")}));
}

WS_TEST(EndpointRowTest, WS_11_InvalidUtf8IsRefusedInsideAFrameThatIsNotOver) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  c.Say(Wire(0x81, 1000, kKey, BytesOf("so far good, \xED\xA0")));
  EXPECT_EQ(c.HearAll(), ClosedWith(1007));
}

WS_TEST(EndpointRowTest, WS_12_ACloseWithoutCodeIsAnsweredWithoutOne) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  c.Say(FromClient(0x88));
  EXPECT_EQ(c.HearAll(), ClosedWith(1005));
  EXPECT_TRUE(c.endpoint.AwaitEnd());
  EXPECT_EQ(c.endpoint.close_code(), 1005);
}

WS_TEST(EndpointRowTest, WS_15_EveryPingIsAnsweredInOrderAlsoInsideAMessage) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  Bytes said = FromClient(0x01, "begin ");
  std::vector<Event> expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string payload = "ping " + std::to_string(i) + std::string(i % 100, '.');
    said = said + FromClient(0x89, payload);
    expected.push_back(Control(10, payload));
  }
  c.Say(said + FromClient(0x80, "end") + FromClient(0x88, "\x03\xE8"));
  const std::vector<Event> closed = ClosedWith(1000);
  expected.insert(expected.end(), closed.begin(), closed.end());
  EXPECT_EQ(c.HearAll(), expected);
  EXPECT_EQ(c.endpoint.messages, (std::vector<Event>{Message(1, "begin end")}));
}

// A peer that pings for ever and does not read: this end stops reading, and keeps nothing of it.
WS_TEST(EndpointRowTest, WS_33_AFloodOfPingsCostsBoundedMemory) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  Bytes flood;
  for (int i = 0; i < 100; ++i) flood = flood + FromClient(0x89, std::string(125, 'p'));
  const auto say_more = [&] {
    size_t all = 0;
    for (int idle = 0; idle < 200;) {
      const size_t said = c.peer.Say(flood);
      all += said;
      idle = said > 0 ? 0 : idle + 1;
      t.loop.Turn(Deadline::Past());
      // What is cut off would be no frame; the rest of this one first.
      if (said % 131 != 0) {
        const auto rest = std::span(flood).first(131).subspan(said % 131);
        size_t at = 0;
        for (int i = 0; i < 20000 && at < rest.size(); ++i) {
          at += c.peer.Say(rest.subspan(at));
          t.loop.Turn(Deadline::Past());
        }
        if (at < rest.size()) break;
      }
    }
    return all;
  };
  const AllocScope scope;
  const size_t said = say_more();
  const AllocCount count = scope.Delta();
  EXPECT_GT(said, size_t{100} << 10);
  EXPECT_TRUE(!AllocsAreCounted() || count.allocs == 0) << count.allocs;
  EXPECT_EQ(c.endpoint.ended, 0);
  // When the peer listens, all of it is answered that was taken.
  c.Hear(100 * 127);
}

// The same peer dies instead: what waits for room to answer hears of that.
WS_TEST(EndpointRowTest, WS_33_WS_17_AFloodOfPingsThatEndsInAResetIsNoticed) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  Bytes flood;
  for (int i = 0; i < 100; ++i) flood = flood + FromClient(0x89, std::string(125, 'p'));
  size_t at = 0;
  for (int idle = 0; idle < 200; ++idle) {
    const size_t said = c.peer.Say(std::span(flood).subspan(at));
    at = (at + said) % flood.size();
    if (said > 0) idle = 0;
    t.loop.Turn(Deadline::Past());
  }
  c.peer.Close();  // with pongs that it has not read
  EXPECT_TRUE(c.endpoint.AwaitEnd());
  EXPECT_EQ(c.endpoint.end.err, Errc::kReset);
  EXPECT_EQ(c.endpoint.close_code(), 1006);
}

WS_TEST(EndpointRowTest, WS_33_EndlessFragmentsCostNothing) {
  Limits limits;
  limits.message = uint64_t{1} << 40;
  typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, limits);
  c.endpoint.Listen();
  int pieces = 0;
  c.endpoint.then = [&] {
    c.endpoint.message.clear();
    ++pieces;
  };
  c.Say(FromClient(0x02, "x"));
  Bytes more;
  for (int i = 0; i < 100; ++i) more = more + FromClient(0x00, "y");
  for (int i = 0; i < 20; ++i) c.Say(more);
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return pieces == 1 + 20 * 100; }));
  EXPECT_TRUE(c.endpoint.messages.empty());
}

WS_TEST(EndpointRowTest, WS_17_TheEndOfTheStreamIsAbnormalWhereverItComes) {
  for (const Bytes& bytes : {Bytes{}, FromClient(0x82, "whole"), FromClient(0x02, "open"),
                             Bytes{std::byte{0x82}}, HeaderWire(0x82, 5, kKey)}) {
    typename EndpointTest<B>::WithPeer c(t.loop);
    c.endpoint.Listen();
    c.Say(bytes);
    c.peer.EndSending();
    EXPECT_TRUE(c.endpoint.AwaitEnd());
    EXPECT_EQ(c.endpoint.end.err, Errc::kReset);
    EXPECT_EQ(c.endpoint.close_code(), 1006);
    EXPECT_FALSE(c.endpoint.CloseNow().ok());
  }
}

WS_TEST(EndpointRowTest, WS_22_TheCancelOfAPendingReadClosesTheConnection) {
  for (const bool by_deadline : {false, true}) {
    for (const size_t room : {size_t{64}, size_t{1} << 16}) {  // into our buffer, into the caller's
      typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, {}, room);
      const Deadline in_an_hour = Now().Plus(3600 * kSecond);
      Context canceled, deadline(t.loop.timers(), in_an_hour), other;
      c.Say(Wire(0x82, 60000, kKey, BytesOf("a part of it")));
      c.endpoint.Listen(by_deadline ? deadline : canceled);
      EXPECT_TRUE(TurnUntil(t.loop, [&] { return !c.endpoint.message.empty(); }));
      by_deadline ? (void)t.loop.timers().FireDue(in_an_hour) : canceled.Cancel();
      EXPECT_TRUE(c.endpoint.AwaitEnd());
      EXPECT_EQ(c.endpoint.end.err, by_deadline ? Errc::kTimeout : Errc::kCanceled);
      c.endpoint.ended = 0;
      c.endpoint.Listen(other);
      EXPECT_TRUE(c.endpoint.AwaitEnd());
      EXPECT_EQ(c.endpoint.end.err, Errc::kClosed);
      c.peer.EndSending();
      EXPECT_EQ(c.HearAll(), ClosedWith(1001));
    }
  }
}

WS_TEST(EndpointRowTest, WS_22_AReadUnderAContextThatHasEndedNeverBegins) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  Context ended;
  ended.Cancel();
  c.Say(FromClient(0x82, "first"));
  c.endpoint.Listen(ended);
  EXPECT_TRUE(c.endpoint.AwaitEnd());
  EXPECT_EQ(c.endpoint.end.err, Errc::kCanceled);
  EXPECT_TRUE(c.endpoint.open());
  c.endpoint.Listen();
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return !c.endpoint.messages.empty(); }));
  EXPECT_EQ(c.endpoint.messages, (std::vector<Event>{Message(2, "first")}));
}

WS_TEST(EndpointRowTest, WS_29_ASecondReaderIsRefusedAndDoesNoHarm) {
  typename EndpointTest<B>::WithPeer c(t.loop);
  c.endpoint.Listen();
  Bytes to(10);
  EXPECT_EQ(c.endpoint.Read(Context::None(), to, [](auto&, const Piece&) noexcept { FAIL(); }),
            Errc::kInvalid);
  c.Say(FromClient(0x82, "message"));
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return !c.endpoint.messages.empty(); }));
}

// The original's lock of a reader: a channel with room for one, from which unlocking takes what is
// there. A Close that is received unlocks, and so does the read that received it.
struct SeedLock {
  bool TryLock() { return !std::exchange(held, true); }
  void Unlock() { held = false; }
  bool held = false;
};

// Whatever ends it at the same time: peer's Close, end of stream, cancel, own close.
WS_TEST(EndpointRowTest, SD_3_09_WS_29_AReadEndsOnceHoweverManyReasonsThereAre) {
  SeedLock lock;
  EXPECT_TRUE(lock.TryLock());  // a reader, which receives Close
  lock.Unlock();                // for that
  EXPECT_TRUE(lock.TryLock());  // the next reader
  lock.Unlock();                // when the first one returns
  EXPECT_TRUE(lock.TryLock()) << "the seed lets a third in beside the second";

  Limits limits;
  limits.close_wait = 20 * kMillisecond;
  for (int reasons = 1; reasons < 16; ++reasons) {
    SCOPED_TRACE(reasons);
    typename EndpointTest<B>::WithPeer c(t.loop, Role::kServer, limits);
    Context context;
    c.endpoint.Listen(context);
    if (reasons & 1) c.Say(FromClient(0x88, "\x03\xE8"));
    if (reasons & 2) c.peer.EndSending();
    if (reasons & 4) context.Cancel();
    if (reasons & 8) (void)c.endpoint.BeginClose();
    EXPECT_TRUE(c.endpoint.AwaitEnd());
    (void)c.endpoint.BeginClose();
    EXPECT_TRUE(TurnUntil(t.loop, [&] { return c.endpoint.closed > 0; }));
    EXPECT_EQ(c.endpoint.ended, 1);
    EXPECT_EQ(c.endpoint.closed, 1);
  }
}

// What the original lets pass in silence ends the process here.
WS_TEST(EndpointRowTest, SD_3_09_MisuseIsLoud) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        io::Loop<B> loop;
        const io::Pair pair = EndpointTest<B>::NewPair();
        io::ws_frames::Endpoint<B> endpoint(loop, Role::kServer);
        if (endpoint.Open(pair.server).ok()) endpoint.~Endpoint();
      },
      "check failed: state_ == State::kNew .* told_closed_");
  EXPECT_DEATH(
      {
        io::Loop<B> loop;
        Bytes to(1);
        io::ws_frames::Endpoint<B> endpoint(loop, Role::kServer);
        (void)endpoint.Read(Context::None(), to, nullptr);
      },
      "check failed: .*state_ != State::kNew");
}

}  // namespace
}  // namespace tare::suites::ws_frames
