// SPDX-License-Identifier: Apache-2.0
// What the tests of connections stand on: TLS_TEST over all backends, connections that remember how
// things ended, and a peer over the library alone.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "impl/base/socket.h"
#include "impl/loop/loop.h"
#include "impl/tls_handshake/reference.h"
#include "suites/support/backend_types.h"
#include "suites/support/time_scale.h"
#include "suites/tls_handshake/far_end.h"
#include "suites/tls_handshake/tls_fixture.h"

namespace tare::suites::tls_handshake {

using io::Deadline;
using io::Now;
using io::tls_handshake::Tls;
using io::tls_handshake::Waiter;

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

// How something has ended, and how often.
struct Ending {
  int times = 0;
  Result result;

  explicit operator bool() const noexcept { return times > 0; }
  void Note(Result r) noexcept {
    ++times;
    result = r;
  }
};

struct Shaking : Waiter {
  explicit Shaking(Deadline until = Deadline::Never())
      : Waiter([](Waiter& w, Result r) noexcept { static_cast<Shaking&>(w).end.Note(r); }, until) {}
  Ending end;
};

// A connection that remembers, and closes itself when it goes.
template <class Base>
class Probing : public Base {
 public:
  using LoopType = typename Base::LoopType;

  explicit Probing(LoopType& loop) : Base(loop), loop_(loop) {}
  ~Probing() {
    if (!opened) return;
    (void)BeginClose();
    EXPECT_TRUE(TurnUntil(loop_, [this] { return bool{closed}; }));
    EXPECT_LE(read.times, 1);
    EXPECT_LE(written.times, 1);
  }

  template <class... A>
  Result OpenOn(io::Handle h, const A&... a) {
    const Result r = Base::Open(h, a...);
    opened = r.ok();
    return r;
  }
  void BeginRead(std::span<std::byte> to) {
    read = {};
    Base::Read(to, [](auto& t, Result r) noexcept {
      Probing& self = static_cast<Probing&>(t);
      self.read.Note(r);
      if (self.then_read) self.then_read();
    });
  }
  void BeginRead(size_t most = 4096) {
    to_.resize(most);
    BeginRead(std::span(to_));
  }
  void BeginWrite(Bytes from) {
    kept_ = std::move(from);
    written = {};
    Base::Write(kept_, [](auto& t, Result r) noexcept {
      Probing& self = static_cast<Probing&>(t);
      self.written.Note(r);
      if (self.then_written) self.then_written();
    });
  }
  void BeginWrite(std::string_view text) { BeginWrite(BytesOf(text)); }
  Errc BeginClose() {
    return Base::Close([](auto& t, Result r) noexcept { static_cast<Probing&>(t).closed.Note(r); });
  }
  bool Await(const Ending& what) {
    return TurnUntil(loop_, [&] { return bool{what}; });
  }

  // A whole one of each: what has come, and "eof" and so on if nothing has.
  std::string ReadNow(size_t most = 4096) {
    BeginRead(most);
    EXPECT_TRUE(Await(read));
    return ReadText();
  }
  std::string ReadText() const {
    if (!read.result.ok()) return std::string(Name(read.result.err));
    return TextOf(std::span(to_).first(static_cast<size_t>(read.result.n)));
  }
  Errc WriteNow(Bytes from) {
    const auto size = static_cast<int64_t>(from.size());
    BeginWrite(std::move(from));
    EXPECT_TRUE(Await(written));
    if (written.result.ok()) {
      EXPECT_EQ(written.result.n, size);
    }
    return written.result.err;
  }
  Errc WriteNow(std::string_view text) { return WriteNow(BytesOf(text)); }
  Errc ShakeNow(Deadline until = Deadline::Never()) {
    Shaking shaking(until);
    Base::Handshake(shaking);
    EXPECT_EQ(shaking.end.times, 0);
    EXPECT_TRUE(Await(shaking.end));
    return shaking.end.result.err;
  }
  Errc CloseNow() {
    if (const Errc e = BeginClose(); e != Errc::kOk) return e;
    EXPECT_TRUE(Await(closed));
    return closed.result.err;
  }
  // Reads until `size` bytes have come, and keeps them; goes on in the callbacks.
  void Collect(size_t size) {
    wanted_ = size;
    got.clear();
    then_read = [this] {
      if (!read.result.ok()) return;
      got.insert(got.end(), to_.begin(), to_.begin() + read.result.n);
      if (got.size() < wanted_) BeginRead(16384);
    };
    BeginRead(16384);
  }

  bool opened = false;
  Ending read, written, closed;
  Bytes got;
  std::function<void()> then_read, then_written;

 private:
  LoopType& loop_;
  Bytes to_, kept_;
  size_t wanted_ = 0;
};

template <class B>
class ConnectionTest : public TlsTest {
 public:
  using Backend = B;
  using Probe = Probing<Tls<B>>;

  // Whether the backend runs here; says why if not.
  bool Applies() {
    if (const char* reason = B::WhyNot()) {
      NotApplicable(reason);
      return false;
    }
    return true;
  }

  static io::Pair NewPair() {
    io::Pair pair;
    EXPECT_TRUE(io::TcpPairs({&pair, 1}).ok());
    ShrinkBuffers(pair);
    return pair;
  }

  // A client and a server of ours on one loop.
  template <class Client = Probe, class Server = Probe>
  struct BothOf {
    BothOf(io::Loop<B>& l, const Credentials& of_client, const Credentials& of_server)
        : loop(l), client(std::make_unique<Client>(l)), server(std::make_unique<Server>(l)) {
      const io::Pair pair = NewPair();
      EXPECT_TRUE(client->OpenOn(pair.client, of_client, kServerName).ok());
      EXPECT_TRUE(server->OpenOn(pair.server, of_server, std::string_view()).ok());
    }
    BothOf(io::Loop<B>& l, Version version) : BothOf(l, *ClientOf(version), *ServerOf(version)) {}
    // Neither waits for the other.
    ~BothOf() {
      (void)client->BeginClose();
      (void)server->BeginClose();
    }

    void Ready() {
      Shaking c, s;
      client->Handshake(c);
      server->Handshake(s);
      EXPECT_TRUE(TurnUntil(loop, [&] { return c.end && s.end; }));
      EXPECT_EQ(c.end.result.err, Errc::kOk) << client->detail();
      EXPECT_EQ(s.end.result.err, Errc::kOk) << server->detail();
      EXPECT_TRUE(client->ready());
      EXPECT_TRUE(server->ready());
    }
    // Either end by its number.
    Probe& end(int i) { return i == 0 ? *client : *server; }
    // What one says the other hears.
    void Usable() {
      for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(end(i).WriteNow("usable"), Errc::kOk);
        EXPECT_EQ(end(1 - i).ReadNow(), "usable");
      }
    }

    io::Loop<B>& loop;
    std::unique_ptr<Client> client;
    std::unique_ptr<Server> server;
  };
  using Both = BothOf<>;

  // One end of ours, and the library alone.
  struct WithBare {
    WithBare(io::Loop<B>& l, const Credentials& ours, const Credentials& of_bare)
        : loop(l),
          pair(NewPair()),
          ssl(of_bare),
          end(std::make_unique<Probe>(l)),
          far(ours.role() == Role::kClient ? pair.server : pair.client) {
      const io::Handle mine = ours.role() == Role::kClient ? pair.client : pair.server;
      EXPECT_TRUE(end->OpenOn(mine, ours, kServerName).ok());
    }
    WithBare(io::Loop<B>& l, Role ours, Version version)
        : WithBare(l, ours == Role::kClient ? *ClientOf(version) : *ServerOf(version),
                   ours == Role::kClient ? *ServerOf(version) : *ClientOf(version)) {}
    // Nobody waits for a peer that is gone.
    ~WithBare() { far.Close(); }

    // What has come to the library, and what it says.
    void Move() {
      ssl.Feed(far.Hear());
      if (!SSL_is_init_finished(ssl.ssl())) (void)ssl.Shake();
      if (SSL_is_init_finished(ssl.ssl())) ssl.Hear();
      SendOut();
    }
    void SendOut() {
      const Bytes more = ssl.Take();
      out.insert(out.end(), more.begin(), more.end());
      out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(far.Say(out)));
    }
    template <class Condition>
    bool MoveUntil(Condition done) {
      return TurnUntil(loop, [&] {
        Move();
        return done();
      });
    }
    void Ready() {
      Shaking shaking;
      end->Handshake(shaking);
      EXPECT_TRUE(MoveUntil([&] { return shaking.end && SSL_is_init_finished(ssl.ssl()); }));
      EXPECT_EQ(shaking.end.result.err, Errc::kOk) << end->detail();
    }

    io::Loop<B>& loop;
    io::Pair pair;
    BareSsl ssl;
    std::unique_ptr<Probe> end;
    FarEnd far;
    Bytes out;
  };

  io::Loop<B> loop;
};

// A test over suites::AllBackends: TLS_TEST(SomeSuite, TL_01_WhatMustHold) { ... t.loop ... },
// where SomeSuite is a template of a fixture, and `t` the fixture.
#define TLS_TEST(Fixture, Name)                                 \
  template <class B>                                            \
  void Fixture##Name##Body(Fixture<B>& t);                      \
  TYPED_TEST(Fixture, Name) {                                   \
    if (this->Applies()) Fixture##Name##Body<TypeParam>(*this); \
  }                                                             \
  template <class B>                                            \
  void Fixture##Name##Body([[maybe_unused]] Fixture<B>& t)

}  // namespace tare::suites::tls_handshake
