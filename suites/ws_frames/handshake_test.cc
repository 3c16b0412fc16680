// SPDX-License-Identifier: Apache-2.0
// The opening handshake, as text and over sockets on every backend (rows WS-32 and WS-35).
#include "impl/ws_frames/handshake.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "suites/ws_frames/endpoint_fixture.h"

namespace tare::suites::ws_frames {
namespace {

using io::ws_frames::AcceptKey;
using io::ws_frames::AcceptOf;
using io::ws_frames::HeadSize;
using io::ws_frames::JudgeRequest;
using io::ws_frames::Key;
using io::ws_frames::NewKey;
using io::ws_frames::Request;
using io::ws_frames::StatusOf;
using io::ws_frames::WhyNotUpgraded;
using io::ws_frames::WriteRequest;

constexpr std::string_view kSample = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455, 1.3
constexpr std::string_view kSampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string TextOf(const AcceptKey& accept) {
  return {accept.data(), accept.size()};
}

// A request that is right, with one line in another way.
std::string With(std::string_view line, std::string_view instead) {
  std::string head =
      "GET /chat HTTP/1.1\r\n"
      "Host: server.example.com\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Origin: http://example.com\r\n"
      "Sec-WebSocket-Version: 13\r\n\r\n";
  if (line.empty()) return head;
  const size_t at = head.find(line);
  EXPECT_NE(at, head.npos) << line;
  return head.replace(at, line.size(), instead);
}
int Status(std::string_view line = "", std::string_view instead = "") {
  return JudgeRequest(With(line, instead)).status;
}

std::string Repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// A response that is right to the sample's key, likewise.
std::string ResponseWith(std::string_view line, std::string_view instead) {
  std::string head =
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  if (line.empty()) return head;
  return head.replace(head.find(line), line.size(), instead);
}
const char* Why(std::string_view line = "", std::string_view instead = "") {
  Key key;
  std::copy(kSample.begin(), kSample.end(), key.begin());
  return WhyNotUpgraded(ResponseWith(line, instead), key);
}

class HandshakeTest : public WsTest {};

TEST_F(HandshakeTest, WS_32_TheSampleOfTheStandard) {
  EXPECT_EQ(TextOf(AcceptOf(kSample)), kSampleAccept);
  const std::string head = With("", "");
  const Request request = JudgeRequest(head);
  EXPECT_EQ(request.status, 101);
  EXPECT_EQ(request.resource, "/chat");
  EXPECT_EQ(TextOf(request.accept), kSampleAccept);
  EXPECT_EQ(Why(), nullptr);
}

TEST_F(HandshakeTest, WS_32_FieldsAreListsOfWordsInWhateverCase) {
  EXPECT_EQ(Status("Connection: Upgrade", "CONNECTION:keep-alive,  uPGRADE\t"), 101);
  EXPECT_EQ(Status("Upgrade: websocket", "upgrade: h2c, WebSocket"), 101);
  EXPECT_EQ(Status("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"), 101);
  EXPECT_EQ(Status("Connection: Upgrade", "Connection: Upgraded"), 400);
  EXPECT_EQ(Status("Connection: Upgrade", "Connection: keep-alive Upgrade"), 400);
  EXPECT_EQ(Status("Upgrade: websocket", "Upgrade: websockets"), 400);
  EXPECT_EQ(Why("Connection: Upgrade", "connection: KEEP-ALIVE, UPGRADE"), nullptr);
}

TEST_F(HandshakeTest, WS_32_WhatIsNoUpgradeIsRefused) {
  EXPECT_EQ(Status("GET", "POST"), 405);
  EXPECT_EQ(Status("HTTP/1.1", "HTTP/1.0"), 505);
  EXPECT_EQ(Status(" HTTP/1.1", ""), 400);
  EXPECT_EQ(Status("/chat", ""), 400);
  EXPECT_EQ(Status("Version: 13", "Version: 8"), 426);
  EXPECT_EQ(Status("Version: 13", "Version: 8, 13"), 426);
  EXPECT_EQ(Status("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13"), 426);
  EXPECT_EQ(Status("Version: 13", "Version:\r\nSec-WebSocket-Version: 13"), 426);
  EXPECT_EQ(Status("Sec-WebSocket-Version: 13\r\n", ""), 426);
  for (const char* line :
       {"Host: server.example.com\r\n", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"}) {
    EXPECT_EQ(Status(line, ""), 400) << line;
  }
  EXPECT_EQ(Status("Host: server", "Host: a\r\nHost: server"), 400);
  for (const char* key : {"dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA",
                          "dGhlIHNhbXBsZSBub25j*Q==", "", "dGhl", "dGhlIHNhb===ZSBub25jZQ==",
                          "dGhlIHNhbXBsZSBub25jZ===", "========================"}) {
    EXPECT_EQ(Status("dGhlIHNhbXBsZSBub25jZQ==", key), 400) << key;
  }
  EXPECT_EQ(Status("dGhlIHNhbXBsZSBub25jZQ==",
                   "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
            400);
  EXPECT_EQ(Status("Origin: http", "Origin : http"), 400);
  EXPECT_EQ(Status("Origin: http", " folded: http"), 400);
  EXPECT_EQ(Status("Origin: http", ": http"), 400);
  EXPECT_EQ(Status("Origin: http://example.com", "Origin"), 400);
  EXPECT_EQ(Status("Origin: http", std::string_view("Origin: \0http", 13)), 400);
  EXPECT_EQ(Status("Origin: http", "Origin: \x7Fhttp"), 400);
}

TEST_F(HandshakeTest, WS_32_AResourceIsAPathOrAnAbsoluteUri) {
  for (const char* resource : {"/", "/a?b=%20", "http://h/a", "HTTPS://h"}) {
    EXPECT_EQ(Status("/chat", resource), 101) << resource;
  }
  for (const char* resource : {"chat", "*", "/a#b", "ftp://h/", "http:/h", "h:80", "/\x7F"}) {
    EXPECT_EQ(Status("/chat", resource), 400) << resource;
  }
}

// It would be taken for frames.
TEST_F(HandshakeTest, WS_32_ARequestWithABodyIsRefused) {
  EXPECT_EQ(Status("Origin: http", "Content-Length: 0\r\nOrigin: http"), 101);
  for (const char* line : {"Content-Length: 5", "Content-Length: 0\r\nContent-Length: 5",
                           "Content-Length: 00", "Content-Length:", "transfer-encoding: chunked"}) {
    EXPECT_EQ(Status("Origin: http", std::string(line) + "\r\nOrigin: http"), 400) << line;
  }
}

TEST_F(HandshakeTest, WS_32_AResponseThatIsNotTheUpgradeIsRefused) {
  EXPECT_STREQ(Why("101", "200"), "the status is not 101");
  for (const char* line :
       {"HTTP/1.1 1010", "HTTP/1.1  101", "HTTP/1.1 10", "HTTP/2.0 101", "101"}) {
    EXPECT_STREQ(Why("HTTP/1.1 101", line), "no status line of HTTP 1") << line;
  }
  EXPECT_STREQ(Why("HTTP/1.1 101", "HTTP/1.0 101"), "another HTTP than 1.1");
  EXPECT_EQ(Why(" Switching Protocols", ""), nullptr);
  EXPECT_STREQ(Why("Upgrade: websocket\r\n", ""), "no Upgrade: websocket");
  EXPECT_EQ(Why("Upgrade: websocket", "upgrade: WebSocket"), nullptr);
  for (const char* upgrade : {"h2c, websocket", "websocket, h2c", "websocket\r\nUpgrade: h2c",
                              "h2c\r\nUpgrade: websocket", "websocket\r\nUpgrade: websocket"}) {
    EXPECT_STREQ(Why("Upgrade: websocket", std::string("Upgrade: ") + upgrade),
                 "no Upgrade: websocket")
        << upgrade;
  }
  EXPECT_STREQ(Why("Connection: Upgrade\r\n", ""), "no Connection: Upgrade");
  for (const char* accept : {"S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo", ""}) {
    EXPECT_STREQ(Why("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", accept), "a wrong Sec-WebSocket-Accept");
  }
  for (const char* protocol : {"chat", ""}) {
    EXPECT_STREQ(Why("Connection: Upgrade",
                     std::string("Connection: Upgrade\r\nSec-WebSocket-Protocol: ") + protocol),
                 "a protocol that was not offered")
        << protocol;
  }
}

TEST_F(HandshakeTest, WS_35_NoExtensionIsOfferedOrAccepted) {
  std::array<char, 1024> to;
  Key key;
  ASSERT_TRUE(NewKey(key));
  const std::string_view request(to.data(), WriteRequest(to, "host", "/", key));
  EXPECT_EQ(request.find("xtensions"), request.npos);
  EXPECT_EQ(JudgeRequest(request).status, 101);
  const std::string head =
      With("Origin: http", "Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin: http");
  const Request offered = JudgeRequest(head);
  EXPECT_EQ(offered.status, 101);
  const std::string_view response(to.data(), io::ws_frames::WriteResponse(to, offered));
  EXPECT_EQ(response.find("xtensions"), response.npos);
  EXPECT_STREQ(Why("Upgrade: websocket",
                   "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate"),
               "an extension that was not offered");
}

TEST_F(HandshakeTest, WS_32_NothingCanBeSmuggledIntoARequest) {
  std::array<char, 1024> to;
  Key key{};
  EXPECT_EQ(WriteRequest(to, "host\r\nX: y", "/", key), 0u);
  EXPECT_EQ(WriteRequest(to, "host", "/ HTTP/1.1\r\nX: y", key), 0u);
  EXPECT_EQ(WriteRequest(to, "", "/", key), 0u);
  EXPECT_EQ(WriteRequest(std::span(to).first(60), "host", "/", key), 0u) << "no room";
}

TEST_F(HandshakeTest, WS_32_WhatIsRefusedSaysWhichRuleItBreaks) {
  const auto why = [](std::string_view line, std::string_view instead) {
    return JudgeRequest(With(line, instead)).why;
  };
  EXPECT_EQ(why("", ""), nullptr);
  EXPECT_STREQ(why("GET", "PUT"), "another method than GET");
  EXPECT_STREQ(why("HTTP/1.1", "HTTP/1.0"), "another HTTP than 1.1");
  EXPECT_STREQ(why(" HTTP/1.1", ""), "no request line of HTTP");
  EXPECT_STREQ(why("Version: 13", "Version: 8"), "another Sec-WebSocket-Version than 13");
  EXPECT_STREQ(why("Host: server.example.com\r\n", ""), "no Host");
  EXPECT_STREQ(why("Host: server", "Host: a\r\nHost: server"),
               "a header line that is none, or one too many");
  EXPECT_STREQ(why("Upgrade: websocket\r\n", ""), "no Upgrade: websocket");
  EXPECT_STREQ(why("Connection: Upgrade\r\n", ""), "no Connection: Upgrade");
  EXPECT_STREQ(why("Origin: http", "Content-Length: 5\r\nOrigin: http"), "a body");
}

TEST_F(HandshakeTest, WS_32_TheStatusOfAnAnswer) {
  const std::string head = "HTTP/1.1 404 Not Found\r\n\r\n";
  EXPECT_EQ(StatusOf(head).code, 404);
  EXPECT_EQ(StatusOf(head).reason, "Not Found");
  EXPECT_EQ(StatusOf("HTTP/1.0 503 \r\n\r\n").code, 503);
  EXPECT_EQ(StatusOf("HTTP/1.1 200\r\n\r\n").reason, "");
  for (const char* line : {"", "HTTP/1.1", "HTTP/1.1 40", "HTTP/1.1 4O4", "HTTP/1.1 4044",
                           "http/1.1 404", "HTTP/1.x 404", "HTTP/2.0 404", "HTTP/1.1-404"}) {
    EXPECT_EQ(StatusOf(std::string(line) + "\r\n\r\n").code, 0) << line;
  }
  for (const int code : {100, 102, 103, 199}) {
    EXPECT_TRUE(StatusOf("HTTP/1.1 " + std::to_string(code)).interim()) << code;
  }
  for (const int code : {0, 99, 101, 200, 404}) {
    EXPECT_FALSE(StatusOf("HTTP/1.1 " + std::to_string(code)).interim()) << code;
  }
}

TEST_F(HandshakeTest, WS_32_AHeadEndsWithAnEmptyLine) {
  const Bytes head = BytesOf("GET / HTTP/1.1\r\nHost: h\r\n\r\nmore");
  for (size_t n = 0; n <= head.size(); ++n) {
    EXPECT_EQ(HeadSize(std::span(head).first(n)), n >= 27 ? 27u : 0u) << n;
  }
}

template <class B>
class HandshakeOverSocketsTest : public EndpointTest<B> {
 public:
  // An end of a connection that is not open yet, and how its handshake ended.
  struct Opening : Listener<B> {
    Opening(io::Loop<B>& l, Role role, const Limits& limits = {}) : Listener<B>(l, role, limits) {
      this->opened = true;
    }
    static void Done(io::ws_frames::Endpoint<B>& e, Result r) noexcept {
      ++static_cast<Opening&>(e).shaken;
      static_cast<Opening&>(e).shake = r;
    }
    int shaken = 0;
    Result shake;
  };
};
TYPED_TEST_SUITE(HandshakeOverSocketsTest, AllBackends, BackendNames);

WS_TEST(HandshakeOverSocketsTest, WS_32_ClientAndServer) {
  using Opening = typename HandshakeOverSocketsTest<B>::Opening;
  const io::Pair pair = t.NewPair();
  Opening client(t.loop, Role::kClient), server(t.loop, Role::kServer);
  ASSERT_TRUE(server.Accept(pair.server, &Opening::Done).ok());
  ASSERT_TRUE(client.Connect(pair.client, "localhost", "/path", &Opening::Done).ok());
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return client.shaken > 0 && server.shaken > 0; }));
  EXPECT_TRUE(client.shake.ok());
  EXPECT_TRUE(server.shake.ok());
  EXPECT_EQ(server.handshake().status(), 101);
  EXPECT_EQ(client.handshake().status(), 101);
  EXPECT_EQ(client.handshake().reason(), "Switching Protocols");
  server.Listen();
  client.Listen();
  Frame frame(Opcode::kText, BytesOf("hello"));
  EXPECT_EQ(client.Send(frame), Errc::kOk);
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return !server.messages.empty(); }));
}

// Byte by byte, all at once, and everything in between that matters.
WS_TEST(HandshakeOverSocketsTest, WS_32_WhatComesBehindTheHeadInTheSameSegmentIsNotLost) {
  using Opening = typename HandshakeOverSocketsTest<B>::Opening;
  Bytes said = BytesOf(With("", ""));
  const Bytes frame = Wire(0x81, 5, 0x01020304, BytesOf("early"));
  said.insert(said.end(), frame.begin(), frame.end());
  for (const size_t piece : {size_t{1}, said.size() - frame.size(), said.size() - 3, said.size()}) {
    const io::Pair pair = t.NewPair();
    RawPeer peer(pair.client);
    Opening server(t.loop, Role::kServer);
    ASSERT_TRUE(server.Accept(pair.server, &Opening::Done).ok());
    for (size_t at = 0; at < said.size(); at += piece) {
      EXPECT_GT(peer.Say(std::span(said).subspan(at, std::min(piece, said.size() - at))), 0u);
      t.loop.Turn(Deadline::Past());
    }
    ASSERT_TRUE(TurnUntil(t.loop, [&] { return server.shaken > 0; }));
    EXPECT_TRUE(server.shake.ok());
    server.Listen();
    EXPECT_TRUE(TurnUntil(t.loop, [&] { return !server.messages.empty(); }));
    EXPECT_EQ(ws_frames::TextOf(server.messages.front().payload), "early");
    peer.Close();
  }
}

WS_TEST(HandshakeOverSocketsTest, WS_32_AFrameRightBehindThe101IsNotLost) {
  using Opening = typename HandshakeOverSocketsTest<B>::Opening;
  const io::Pair pair = t.NewPair();
  RawPeer peer(pair.server);
  Opening client(t.loop, Role::kClient);
  ASSERT_TRUE(client.Connect(pair.client, "localhost", "/", &Opening::Done).ok());
  ASSERT_TRUE(TurnUntil(t.loop, [&] {
    peer.Hear();
    return HeadSize(peer.heard()) > 0;
  }));
  const std::string head(ws_frames::TextOf(peer.heard()));
  const size_t at = head.find("Sec-WebSocket-Key: ") + 19;
  Bytes said = BytesOf(ResponseWith(kSampleAccept, TextOf(AcceptOf(head.substr(at, 24)))));
  const Bytes frame = Wire(0x81, 5, std::nullopt, BytesOf("early"));
  said.insert(said.end(), frame.begin(), frame.end());
  EXPECT_EQ(peer.Say(said), said.size());
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return client.shaken > 0; }));
  EXPECT_TRUE(client.shake.ok());
  client.Listen();
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return !client.messages.empty(); }));
  peer.Close();
}

WS_TEST(HandshakeOverSocketsTest, WS_32_AServerSaysWithWhatItRefuses) {
  using Opening = typename HandshakeOverSocketsTest<B>::Opening;
  const struct {
    std::string head;
    const char* answer;
    Errc why;
  } cases[] = {
      {With("Version: 13", "Version: 12"),
       "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
       "Connection: close, Upgrade\r\n",
       Errc::kInvalid},
      {With("GET", "PUT"), "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n", Errc::kInvalid},
      {"nonsense\r\n\r\n", "HTTP/1.1 400 ", Errc::kInvalid},
      {std::string(9000, 'x'), "HTTP/1.1 431 ", Errc::kResource},
      {Repeated("\r\n", 17) + With("", ""), "HTTP/1.1 400 ", Errc::kInvalid},
  };
  for (const auto& one : cases) {
    const io::Pair pair = t.NewPair();
    RawPeer peer(pair.client);
    Opening server(t.loop, Role::kServer);
    ASSERT_TRUE(server.Accept(pair.server, &Opening::Done).ok());
    peer.Say(BytesOf(one.head));
    ASSERT_TRUE(TurnUntil(t.loop, [&] { return !peer.Hear() && server.shaken > 0; }));
    EXPECT_EQ(ws_frames::TextOf(peer.heard()).substr(0, std::strlen(one.answer)), one.answer);
    EXPECT_EQ(server.shake.err, one.why);
    EXPECT_NE(server.handshake().why_in_words(), nullptr);
    EXPECT_EQ(server.shaken, 1);
    peer.Close();
    EXPECT_FALSE(server.CloseNow().ok());
  }
}

WS_TEST(HandshakeOverSocketsTest, WS_30_CloseDuringTheHandshake) {
  using Opening = typename HandshakeOverSocketsTest<B>::Opening;
  for (const Role role : {Role::kClient, Role::kServer}) {
    const io::Pair pair = t.NewPair();
    RawPeer peer(pair.server);
    Opening end(t.loop, role);
    if (role == Role::kClient) {
      ASSERT_TRUE(end.Connect(pair.client, "localhost", "/", &Opening::Done).ok());
    } else {
      ASSERT_TRUE(end.Accept(pair.client, &Opening::Done).ok());
    }
    EXPECT_EQ(end.shaken, 0);
    EXPECT_FALSE(end.CloseNow().ok());
    EXPECT_EQ(end.shaken, 1);
    EXPECT_EQ(end.shake.err, Errc::kClosed);
  }
}

// Closed by the callback of another handshake, that ends with bytes which had come for both.
WS_TEST(HandshakeOverSocketsTest, WS_30_CloseWinsOverAHandshakeThatIsAboutToEnd) {
  struct Client : HandshakeOverSocketsTest<B>::Opening {
    using HandshakeOverSocketsTest<B>::Opening::Opening;
    static void Shook(io::ws_frames::Endpoint<B>& e, Result r) noexcept {
      Client& self = static_cast<Client&>(e);
      self.Done(e, r);
      if (self.other->shaken == 0) {
        EXPECT_EQ(self.other->BeginClose(), Errc::kOk);
      }
    }
    Client* other = nullptr;
  };
  Client first(t.loop, Role::kClient), second(t.loop, Role::kClient);
  first.other = &second;
  second.other = &first;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (Client* client : {&first, &second}) {
    const io::Pair pair = t.NewPair();
    peers.push_back(std::make_unique<RawPeer>(pair.server));
    ASSERT_TRUE(client->Connect(pair.client, "h", "/", &Client::Shook).ok());
  }
  for (const auto& peer : peers) {
    ASSERT_TRUE(TurnUntil(t.loop, [&] {
      peer->Hear();
      return HeadSize(peer->heard()) > 0;
    }));
  }
  for (const auto& peer : peers) {
    const std::string head(ws_frames::TextOf(peer->heard()));
    const std::string key = head.substr(head.find("Sec-WebSocket-Key: ") + 19, 24);
    peer->Say(BytesOf(ResponseWith(kSampleAccept, TextOf(AcceptOf(key)))));
  }
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return first.shaken > 0 && second.shaken > 0; }));
  Client& closed = first.shake.ok() ? second : first;
  EXPECT_TRUE(closed.other->shake.ok());
  EXPECT_EQ(closed.shake.err, Errc::kClosed);
  EXPECT_EQ(closed.shaken, 1);
  for (const auto& peer : peers) peer->Close();
}

// A peer that says half of a head, and no more.
WS_TEST(HandshakeOverSocketsTest, WS_30_AHandshakeIsBounded) {
  using Opening = typename HandshakeOverSocketsTest<B>::Opening;
  Limits limits;
  limits.close_wait = 30 * kMillisecond;
  for (const Role role : {Role::kClient, Role::kServer}) {
    const io::Pair pair = t.NewPair();
    RawPeer peer(pair.server);
    Opening end(t.loop, role, limits);
    peer.Say(BytesOf("HTTP/1.1 101 Switch"));
    const Stopwatch watch;
    if (role == Role::kClient) {
      ASSERT_TRUE(end.Connect(pair.client, "localhost", "/", &Opening::Done).ok());
    } else {
      ASSERT_TRUE(end.Accept(pair.client, &Opening::Done).ok());
    }
    ASSERT_TRUE(TurnUntil(t.loop, [&] { return end.shaken > 0; }));
    EXPECT_EQ(end.shake.err, Errc::kTimeout);
    EXPECT_LT(watch.Took(), Scaled(5 * limits.close_wait)) << "five times what is promised";
    EXPECT_FALSE(end.CloseNow().ok()) << "though the peer is still there";
    EXPECT_LT(watch.Took(), Scaled(10 * limits.close_wait)) << "five times what is promised";
  }
}

WS_TEST(HandshakeOverSocketsTest, WS_29_NothingIsReadOrSentBeforeTheHandshakeIsOver) {
  using Opening = typename HandshakeOverSocketsTest<B>::Opening;
  const io::Pair pair = t.NewPair();
  Opening client(t.loop, Role::kClient), server(t.loop, Role::kServer);
  ASSERT_TRUE(server.Accept(pair.server, &Opening::Done).ok());
  Bytes to(10);
  const auto never = [](auto&, const Piece&) noexcept { ADD_FAILURE(); };
  EXPECT_EQ(server.Read(Context::None(), to, never), Errc::kInvalid);
  Frame frame(Opcode::kText, {});
  EXPECT_EQ(server.Send(frame), Errc::kClosed);
  ASSERT_TRUE(client.Connect(pair.client, "localhost", "/", &Opening::Done).ok());
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return client.shaken > 0 && server.shaken > 0; }));
  EXPECT_TRUE(server.shake.ok());
  server.Listen();
  client.Listen();
  EXPECT_EQ(client.Send(frame), Errc::kOk);
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return server.messages.size() == 1; }));
}

WS_TEST(HandshakeOverSocketsTest, WS_32_AClientCannotAskForWhatCannotStandInAHead) {
  using Opening = typename HandshakeOverSocketsTest<B>::Opening;
  const io::Pair pair = t.NewPair();
  RawPeer peer(pair.server);
  Opening client(t.loop, Role::kClient);
  ASSERT_TRUE(client.Connect(pair.client, "bad host", "/", &Opening::Done).ok());
  EXPECT_EQ(client.shaken, 0);
  ASSERT_TRUE(TurnUntil(t.loop, [&] { return client.shaken > 0; }));
  EXPECT_EQ(client.shake.err, Errc::kInvalid);
  peer.Close();
  EXPECT_FALSE(client.CloseNow().ok());
}

}  // namespace
}  // namespace tare::suites::ws_frames
