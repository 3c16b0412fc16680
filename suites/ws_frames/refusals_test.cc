// SPDX-License-Identifier: Apache-2.0
// Handshakes with what comes before the head that counts, that are refused, or too long, over
// sockets on every backend (row WS-32).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "suites/ws_frames/endpoint_fixture.h"

namespace tare::suites::ws_frames {
namespace {

using io::ws_frames::AcceptOf;
using io::ws_frames::HeadSize;

constexpr std::string_view kRequest =
    "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
constexpr std::string_view kEarlyHints =
    "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";

std::string Repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

template <class B>
class RefusalsTest : public EndpointTest<B> {
 public:
  // An end whose handshake a bare peer has a part in.
  struct End : Listener<B> {
    End(io::Loop<B>& l, Role role, const Limits& limits = {})
        : Listener<B>(l, role, limits), pair(EndpointTest<B>::NewPair()), peer(pair.server) {
      this->opened = true;
      const Result begun = role == Role::kServer
                               ? this->Accept(pair.client, &Done)
                               : this->Connect(pair.client, "localhost", "/", &Done);
      EXPECT_TRUE(begun.ok());
    }
    // Nobody waits for a peer that is gone.
    ~End() { peer.Close(); }
    static void Done(io::ws_frames::Endpoint<B>& e, Result r) noexcept {
      ++static_cast<End&>(e).shaken;
      static_cast<End&>(e).shake = r;
    }

    io::Pair pair;
    RawPeer peer;
    int shaken = 0;
    Result shake;
  };

  bool Shaken(End& end) {
    return TurnUntil(this->loop, [&] { return end.shaken > 0; });
  }
  // The peer's part of a client's handshake: all of `before`, then the 101, then a frame; in pieces
  // of so many bytes.
  void AnswerClient(End& client, std::string_view before, size_t piece) {
    ASSERT_TRUE(TurnUntil(this->loop, [&] {
      client.peer.Hear();
      return HeadSize(client.peer.heard()) > 0;
    }));
    const std::string head(TextOf(client.peer.heard()));
    const auto accept = AcceptOf(head.substr(head.find("Sec-WebSocket-Key: ") + 19, 24));
    const Bytes said = BytesOf(std::string(before) +
                               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                               "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                               std::string(accept.data(), accept.size()) + "\r\n\r\n") +
                       Wire(0x81, 5, std::nullopt, BytesOf("early"));
    for (size_t at = 0; at < said.size(); at += piece) {
      client.peer.Say(std::span(said).subspan(at, std::min(piece, said.size() - at)));
      this->loop.Turn(Deadline::Past());
    }
  }
};
TYPED_TEST_SUITE(RefusalsTest, AllBackends, BackendNames);

WS_TEST(RefusalsTest, WS_32_EmptyLinesBeforeARequestArePassedOver) {
  using End = typename RefusalsTest<B>::End;
  for (const int lines : {1, 2, 16}) {
    const Bytes said =
        BytesOf(Repeated("\r\n", lines) + std::string(kRequest)) + FromClient(0x81, "early");
    for (const size_t piece : {size_t{1}, said.size()}) {
      End server(t.loop, Role::kServer);
      for (size_t at = 0; at < said.size(); at += piece) {
        server.peer.Say(std::span(said).subspan(at, std::min(piece, said.size() - at)));
        t.loop.Turn(Deadline::Past());
      }
      ASSERT_TRUE(t.Shaken(server));
      EXPECT_TRUE(server.shake.ok()) << lines << " in pieces of " << piece;
      EXPECT_EQ(server.handshake().status(), 101);
      server.Listen();
      EXPECT_TRUE(TurnUntil(t.loop, [&] { return !server.messages.empty(); }));
    }
  }
}

WS_TEST(RefusalsTest, WS_32_InterimAnswersArePassedOver) {
  using End = typename RefusalsTest<B>::End;
  const std::string both = std::string("HTTP/1.1 100 Continue\r\n\r\n") + std::string(kEarlyHints);
  // Each may be as long as the buffer, not all of them together.
  const std::string long_one =
      "HTTP/1.1 103 Early Hints\r\nLink: " + std::string(Limits{}.buffer - 100, 'x') + "\r\n\r\n";
  for (const std::string& before : {both, Repeated(kEarlyHints, 16), Repeated(long_one, 3)}) {
    for (const size_t piece : {size_t{7}, size_t{100'000}}) {
      End client(t.loop, Role::kClient);
      t.AnswerClient(client, before, piece);
      ASSERT_TRUE(t.Shaken(client));
      EXPECT_TRUE(client.shake.ok());
      EXPECT_EQ(client.handshake().status(), 101);
      client.Listen();
      EXPECT_TRUE(TurnUntil(t.loop, [&] { return !client.messages.empty(); }));
    }
  }
}

WS_TEST(RefusalsTest, WS_32_InterimAnswersAreBounded) {
  using End = typename RefusalsTest<B>::End;
  End client(t.loop, Role::kClient);
  t.AnswerClient(client, Repeated(kEarlyHints, 17), 100'000);
  ASSERT_TRUE(t.Shaken(client));
  EXPECT_EQ(client.shake.err, Errc::kInvalid);
  EXPECT_EQ(client.handshake().status(), 103);
}

WS_TEST(RefusalsTest, WS_32_AClientSaysWithWhatItWasRefused) {
  using End = typename RefusalsTest<B>::End;
  const struct {
    std::string answer;
    int status;
    const char* reason;
    const char* why;
  } cases[] = {
      {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 403, "Forbidden",
       "the status is not 101"},
      {std::string(kEarlyHints) + "HTTP/1.0 503 Not \x01now\r\n\r\n", 503, "Not \x01now",
       "the status is not 101"},
      {"HTTP/1.1 429 " + std::string(100, 'r') + "\r\n\r\n", 429,
       "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", "the status is not 101"},
      {"HTTP/1.1 302\r\n\r\n", 302, "", "the status is not 101"},
      {"HTTP/1.1 101 Yes\r\n\r\n", 101, "Yes", "no Upgrade: websocket"},
      {"SSH-2.0-x\r\n\r\n", 0, "", "no status line of HTTP 1"},
  };
  for (const auto& one : cases) {
    End client(t.loop, Role::kClient);
    client.peer.Say(BytesOf(one.answer));
    ASSERT_TRUE(t.Shaken(client));
    EXPECT_EQ(client.shake.err, Errc::kInvalid);
    EXPECT_EQ(client.handshake().status(), one.status);
    EXPECT_EQ(client.handshake().reason(), one.reason);
    EXPECT_STREQ(client.handshake().why_in_words(), one.why);
  }
}

WS_TEST(RefusalsTest, WS_32_AnAnswerThatHasNoEndIsRefused) {
  using End = typename RefusalsTest<B>::End;
  End client(t.loop, Role::kClient);
  client.peer.Say(BytesOf("HTTP/1.1 101 " + std::string(9000, 'x')));
  ASSERT_TRUE(t.Shaken(client));
  EXPECT_EQ(client.shake.err, Errc::kResource);
  EXPECT_EQ(client.handshake().status(), 0);
}

// It has written much more than the limit, and reads only when it has written all of it. A socket
// that is closed with bytes that nobody has read is reset, and the answer lost with it.
WS_TEST(RefusalsTest, WS_32_WhoeverWritesMuchMoreThanTheLimitReceivesThe431) {
  using End = typename RefusalsTest<B>::End;
  End server(t.loop, Role::kServer);
  const Bytes head = BytesOf("GET / HTTP/1.1\r\nCookie: " + std::string(2 << 20, 'c'));
  size_t said = 0;
  ASSERT_TRUE(TurnUntil(t.loop, [&] {
    said += server.peer.Say(std::span(head).subspan(said));
    return said == head.size();
  }));
  EXPECT_EQ(server.shaken, 1);
  EXPECT_EQ(server.shake.err, Errc::kResource);
  EXPECT_EQ(server.handshake().status(), 431);
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return !server.peer.Hear(); }));
  EXPECT_FALSE(server.peer.broken()) << "an end of the stream, and no reset";
  EXPECT_EQ(TextOf(server.peer.heard()),
            "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
            "Content-Length: 0\r\n\r\n");
  server.peer.Close();
  EXPECT_FALSE(server.CloseNow().ok());
}

// Nor is it drained for ever.
WS_TEST(RefusalsTest, WS_32_WhoeverNeverStopsIsCutOff) {
  using End = typename RefusalsTest<B>::End;
  Limits limits;
  limits.close_wait = 30 * kMillisecond;
  End server(t.loop, Role::kServer, limits);
  const Bytes more(1 << 16, std::byte{'c'});
  EXPECT_TRUE(TurnUntil(t.loop, [&] {
    server.peer.Say(more);
    return server.shaken > 0;
  }));
  EXPECT_EQ(server.handshake().status(), 431);
  EXPECT_EQ(server.BeginClose(), Errc::kOk);
  EXPECT_TRUE(TurnUntil(t.loop, [&] {
    server.peer.Say(more);
    return server.closed > 0;
  }));
}

}  // namespace
}  // namespace tare::suites::ws_frames
