// SPDX-License-Identifier: Apache-2.0
// What the tests of endpoints stand on: WS_TEST over all backends, endpoints that remember what
// they read, and a bare peer.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "impl/base/socket.h"
#include "impl/loop/loop.h"
#include "impl/ws_frames/endpoint.h"
#include "suites/support/backend_types.h"
#include "suites/support/time_scale.h"
#include "suites/ws_frames/events.h"
#include "suites/ws_frames/raw.h"
#include "suites/ws_frames/ws_fixture.h"

namespace tare::suites::ws_frames {

using io::Deadline;
using io::Errc;
using io::Now;
using io::Result;
using io::ws_frames::Context;
using io::ws_frames::Limits;
using io::ws_frames::Opcode;
using io::ws_frames::Outgoing;
using io::ws_frames::Piece;
using io::ws_frames::Role;

inline constexpr int64_t kMillisecond = 1'000'000;
inline constexpr int64_t kSecond = 1'000 * kMillisecond;
// A test that waits longer has failed; no promise is about it.
inline constexpr int64_t kPatience = 60 * kSecond;

template <class Loop, class Condition>
bool TurnUntil(Loop& loop, Condition done) {
  Allowance patience(kPatience);
  // Not longer than this at once, for what a bare peer waits for wakes no loop.
  while (!done() && !patience.Spent()) loop.Turn(Now().Plus(kMillisecond));
  return done();
}

// Turns until `done`, and returns the latest that any timer of `loop` was due at between two turns;
// the past if none was armed. What an end was waited for is seen in that, however long the machine
// takes to get there.
template <class Loop, class Condition>
Deadline LatestDue(Loop& loop, Condition done) {
  Deadline latest = Deadline::Past();
  EXPECT_TRUE(TurnUntil(loop, [&] {
    const Deadline first = loop.timers().First();
    if (first != Deadline::Never()) latest = std::max(latest, first);
    return done();
  }));
  return latest;
}

// What a peer says and hears.

inline constexpr uint32_t kKey = 0x0badcafe;

inline Bytes FromClient(uint8_t first, std::string_view payload = "") {
  return Wire(first, payload.size(), kKey, BytesOf(payload));
}
inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
inline Event Message(int opcode, std::string_view payload) {
  return {Event::Kind::kMessage, static_cast<uint16_t>(opcode), BytesOf(payload)};
}
inline Event Control(int opcode, std::string_view payload) {
  return {Event::Kind::kControl, static_cast<uint16_t>(opcode), BytesOf(payload)};
}
// What a Close says on the wire, and that it does.
inline std::vector<Event> ClosedWith(uint16_t code, std::string_view reason = "") {
  const char bytes[] = {static_cast<char>(code >> 8), static_cast<char>(code)};
  std::string payload = code == 1005 ? "" : std::string(bytes, 2);
  payload += reason;
  return {Control(8, payload), {Event::Kind::kClosed, code}};
}

// A frame to be sent that remembers how that ended.
struct Frame : Outgoing {
  explicit Frame(Opcode o, Bytes bytes, bool last = true) : kept(std::move(bytes)) {
    opcode = o;
    fin = last;
    payload = kept;
    done = [](Outgoing& out, Result r) noexcept {
      auto& self = static_cast<Frame&>(out);
      ++self.times;
      self.result = r;
    };
  }
  Bytes kept;
  int times = 0;
  Result result;
};

// An endpoint that reads for ever, from Listen on, and remembers; it closes itself when it goes.
template <class B>
class Listener : public io::ws_frames::Endpoint<B> {
 public:
  using Endpoint = io::ws_frames::Endpoint<B>;

  Listener(io::Loop<B>& loop, Role role, const Limits& limits = {}, size_t room = 4096)
      : Endpoint(loop, role, limits), loop_(loop), to_(room) {
    this->set_on_pong([](Endpoint& e, std::span<const std::byte> payload) noexcept {
      Self(e).pongs.emplace_back(payload.begin(), payload.end());
    });
  }
  ~Listener() {
    if (closed == 0 && this->Close(1000, "", &OnClosed) == Errc::kInvalid) ADD_FAILURE();
    EXPECT_TRUE(TurnUntil(loop_, [this] { return closed > 0 || !opened; }));
  }

  Result OpenOn(io::Handle h) {
    opened = true;
    return this->Open(h);
  }
  void Listen(Context& context = Context::None()) {
    context_ = &context;
    EXPECT_EQ(this->Read(context, to_, &OnPiece), Errc::kOk);
  }
  Errc BeginClose(uint16_t code = 1000, std::string_view reason = "") {
    return this->Close(code, reason, &OnClosed);
  }
  // Closes, and turns the loop until that is over.
  Result CloseNow(uint16_t code = 1000, std::string_view reason = "") {
    if (const Errc e = BeginClose(code, reason); e != Errc::kOk) return {0, e, 0};
    EXPECT_TRUE(TurnUntil(loop_, [this] { return closed > 0; }));
    return close_result;
  }
  bool AwaitEnd() {
    return TurnUntil(loop_, [this] { return ended > 0; });
  }

  bool opened = false;
  bool once = false;  // reads one piece only
  std::vector<Event> messages;
  std::vector<Bytes> pongs;
  Bytes message;  // what has come of the next
  int pieces = 0;
  int ended = 0;  // reads that have not got any
  Result end;     // the last of them
  int closed = 0;
  Result close_result;
  std::function<void()> then;  // after each piece

 private:
  static Listener& Self(Endpoint& e) noexcept { return static_cast<Listener&>(e); }

  static void OnPiece(Endpoint& e, const Piece& piece) noexcept {
    Listener& self = Self(e);
    if (!piece.result.ok()) {
      ++self.ended;
      self.end = piece.result;
      return;
    }
    ++self.pieces;
    self.message.insert(self.message.end(), self.to_.begin(), self.to_.begin() + piece.result.n);
    if (piece.last) {
      self.messages.push_back({Event::Kind::kMessage, static_cast<uint16_t>(piece.opcode),
                               std::exchange(self.message, {})});
    }
    if (!self.once) self.Listen(*self.context_);
    if (self.then) self.then();
  }
  static void OnClosed(Endpoint& e, Result r) noexcept {
    ++Self(e).closed;
    Self(e).close_result = r;
  }

  io::Loop<B>& loop_;
  Bytes to_;
  Context* context_ = nullptr;
};

// A loop, and connections over loopback.
template <class B>
class EndpointTest : public WsTest {
 public:
  using Backend = B;

  // Whether the backend runs here; says why if not.
  bool Applies() {
    if (const char* reason = B::WhyNot()) {
      NotApplicable(reason);
      return false;
    }
    return true;
  }

  // A connection between an endpoint and a bare peer.
  struct WithPeer {
    explicit WithPeer(io::Loop<B>& l, Role role = Role::kServer, const Limits& limits = {},
                      size_t room = 4096)
        : loop(l), pair(NewPair()), peer(pair.client), endpoint(l, role, limits, room) {
      EXPECT_TRUE(endpoint.OpenOn(pair.server).ok());
    }
    // Nobody waits for a peer that is gone.
    ~WithPeer() { peer.Close(); }

    // Says all of it, however long that takes.
    void Say(const Bytes& bytes) {
      size_t said = 0;
      EXPECT_TRUE(TurnUntil(loop, [&] {
        said += peer.Say(std::span(bytes).subspan(said));
        peer.Hear();
        return said == bytes.size();
      }));
    }
    // What the endpoint says until the end of its stream, and that there is nothing after a Close.
    std::vector<Event> HearAll(Role role = Role::kClient) {
      EXPECT_TRUE(TurnUntil(loop, [this] { return !peer.Hear(); }));
      const Events said = ReferenceEvents(role, {}, peer.heard(), std::array{size_t{1}});
      EXPECT_EQ(said.decided, peer.heard().size());
      return said.events;
    }
    void Hear(size_t bytes) {
      EXPECT_TRUE(TurnUntil(loop, [&] {
        peer.Hear();
        return peer.heard().size() >= bytes;
      }));
    }

    io::Loop<B>& loop;
    io::Pair pair;
    RawPeer peer;
    Listener<B> endpoint;
  };

  // A client and a server that are both endpoints.
  struct Both {
    explicit Both(io::Loop<B>& loop, const Limits& limits = {}, size_t room = 4096)
        : pair(NewPair()),
          client(loop, Role::kClient, limits, room),
          server(loop, Role::kServer, limits, room) {
      EXPECT_TRUE(client.OpenOn(pair.client).ok());
      EXPECT_TRUE(server.OpenOn(pair.server).ok());
    }
    // Neither waits for a Close of the other's that nobody has begun.
    ~Both() {
      for (Listener<B>* end : {&client, &server}) (void)end->BeginClose();
    }
    io::Pair pair;
    Listener<B> client, server;
  };

  static io::Pair NewPair() {
    io::Pair pair;
    EXPECT_TRUE(io::TcpPairs({&pair, 1}).ok());
    ShrinkBuffers(pair.client, pair.server);
    return pair;
  }

  io::Loop<B> loop;
};

// A test over suites::AllBackends: WS_TEST(SomeSuite, WS_01_WhatMustHold) { ... t.loop ... }, where
// SomeSuite is a template of a fixture, and `t` the fixture.
#define WS_TEST(Fixture, Name)                                  \
  template <class B>                                            \
  void Fixture##Name##Body(Fixture<B>& t);                      \
  TYPED_TEST(Fixture, Name) {                                   \
    if (this->Applies()) Fixture##Name##Body<TypeParam>(*this); \
  }                                                             \
  template <class B>                                            \
  void Fixture##Name##Body([[maybe_unused]] Fixture<B>& t)

}  // namespace tare::suites::ws_frames
