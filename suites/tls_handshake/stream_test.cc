// SPDX-License-Identifier: Apache-2.0
// After the handshake: reads beside writes, deadlines, keys that change, and how a connection ends.
#include <gtest/gtest.h>

#include "suites/tls_handshake/connection_fixture.h"

namespace tare::suites::tls_handshake {
namespace {

template <class B>
class StreamTest : public ConnectionTest<B> {};
TYPED_TEST_SUITE(StreamTest, AllBackends, BackendNames);

// More than two sockets and two connections hold.
constexpr size_t kTooMuch = size_t{2} << 20;

TLS_TEST(StreamTest, TL_03_TL_30_AReadThatWaitsNeverHoldsAWriteUp) {
  for (const Version version : kVersions) {
    typename StreamTest<B>::Both both(t.loop, version);
    both.Ready();
    for (const size_t size : {size_t{1}, size_t{20'000}, size_t{500'000}}) {
      const Bytes sent = Noise(size);
      both.client->then_read = nullptr;
      both.client->BeginRead();
      both.server->Collect(size);
      EXPECT_EQ(both.client->WriteNow(sent), Errc::kOk);
      EXPECT_TRUE(TurnUntil(t.loop, [&] { return both.server->got.size() == size; }));
      EXPECT_TRUE(both.server->got == sent);
      EXPECT_EQ(both.client->read.times, 0);
      both.server->then_read = nullptr;
      EXPECT_EQ(both.server->WriteNow("an answer"), Errc::kOk);
      EXPECT_TRUE(both.client->Await(both.client->read));
      EXPECT_EQ(both.client->ReadText(), "an answer");
    }
  }
}

TLS_TEST(StreamTest, TL_01_StreamsBothWaysAtOnce) {
  for (const Version version : kVersions) {
    typename StreamTest<B>::Both both(t.loop, version);
    const Bytes up = Noise(400'000, 1), down = Noise(300'000, 2);
    both.client->Collect(down.size());
    both.server->Collect(up.size());
    both.client->BeginWrite(up);
    both.server->BeginWrite(down);
    EXPECT_TRUE(TurnUntil(t.loop, [&] {
      return both.client->got.size() == down.size() && both.server->got.size() == up.size() &&
             both.client->written && both.server->written;
    }));
    EXPECT_TRUE(both.client->got == down);
    EXPECT_TRUE(both.server->got == up);
  }
}

TLS_TEST(StreamTest, TL_16_AWriteThatTimesOutBreaksWritingForGood) {
  for (const bool by_deadline : {true, false}) {
    const Errc why = by_deadline ? Errc::kTimeout : Errc::kCanceled;
    typename StreamTest<B>::Both both(t.loop, Version::kTls13);
    both.Ready();
    // One that has not begun breaks nothing.
    (void)both.client->SetWriteDeadline(Deadline::Past());
    EXPECT_EQ(both.client->WriteNow("data"), Errc::kTimeout);
    EXPECT_EQ(both.client->written.result.n, 0);
    (void)both.client->SetWriteDeadline(Deadline::Never());
    both.Usable();

    const Bytes much = Noise(kTooMuch);
    both.client->BeginWrite(much);
    if (by_deadline) (void)both.client->SetWriteDeadline(Now().Plus(2 * kMillisecond));
    if (!by_deadline) {
      for (int i = 0; i < 10; ++i) t.loop.Turn(Now().Plus(kMillisecond / 10));
      both.client->CancelWrite();
    }
    EXPECT_TRUE(both.client->Await(both.client->written));
    EXPECT_EQ(both.client->written.result.err, why);
    const auto taken = static_cast<size_t>(both.client->written.result.n);
    EXPECT_GT(taken, 0u);
    EXPECT_LT(taken, much.size());
    (void)both.client->SetWriteDeadline(Deadline::Never());
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(both.client->WriteNow("more"), why);
      EXPECT_EQ(both.client->written.result.n, 0);
    }
    EXPECT_EQ(both.client->CloseWrite(), why);
    // Reading is as it was, and what was taken arrives.
    EXPECT_EQ(both.server->WriteNow("data"), Errc::kOk);
    EXPECT_EQ(both.client->ReadNow(), "data");
    both.server->Collect(taken);
    EXPECT_TRUE(TurnUntil(t.loop, [&] { return both.server->got.size() >= taken; }));
    EXPECT_TRUE(both.server->got ==
                Bytes(much.begin(), much.begin() + static_cast<std::ptrdiff_t>(taken)));
  }
}

TLS_TEST(StreamTest, TL_20_CloseBreaksAWriteThatIsBlockedAndSaysNothing) {
  typename StreamTest<B>::Both both(t.loop, Version::kTls13);
  both.Ready();
  both.client->BeginWrite(Noise(kTooMuch));
  for (int i = 0; i < 5; ++i) t.loop.Turn(Now().Plus(kMillisecond));
  EXPECT_EQ(both.client->written.times, 0);
  EXPECT_EQ(both.client->CloseNow(), Errc::kOk);
  EXPECT_EQ(both.client->written.result.err, Errc::kClosed);
  EXPECT_EQ(both.client->BeginClose(), Errc::kClosed);
  std::string end;
  while ((end = both.server->ReadNow(16384)).size() > 100) {
  }
  EXPECT_EQ(end, "reset");
}

// The system takes nothing more, and nobody reads.
TLS_TEST(StreamTest, TL_22_TheLastWordsAreBounded) {
  typename StreamTest<B>::WithBare with(t.loop, Role::kClient, Version::kTls13);
  with.Ready();
  FillUp(with.end->handle());
  with.end->set_close_wait(20 * kMillisecond);
  EXPECT_EQ(Tls<B>::kCloseWait, 5 * kSecond);
  const Deadline begun = Now();
  EXPECT_EQ(with.end->CloseNow(), Errc::kOk);
  EXPECT_GE(Now(), begun.Plus(20 * kMillisecond));
}

TLS_TEST(StreamTest, TL_23_HalfClose) {
  for (const Version version : kVersions) {
    typename StreamTest<B>::Both both(t.loop, version);
    EXPECT_EQ(both.client->CloseWrite(), Errc::kInvalid);
    both.client->BeginRead();
    EXPECT_EQ(both.client->CloseWrite(), Errc::kInvalid);
    EXPECT_EQ(both.server->ShakeNow(), Errc::kOk);
    EXPECT_TRUE(TurnUntil(t.loop, [&] { return both.client->ready(); }));
    EXPECT_EQ(both.client->WriteNow("the last word"), Errc::kOk);
    EXPECT_EQ(both.client->CloseWrite(), Errc::kOk);
    EXPECT_EQ(both.client->CloseWrite(), Errc::kShutdown);
    EXPECT_EQ(both.client->WriteNow("more"), Errc::kShutdown);
    EXPECT_EQ(both.server->ReadNow(), "the last word");
    EXPECT_EQ(both.server->ReadNow(), "eof");
    EXPECT_EQ(both.server->WriteNow("an answer"), Errc::kOk);
    EXPECT_TRUE(both.client->Await(both.client->read));
    EXPECT_EQ(both.client->ReadText(), "an answer");
    EXPECT_EQ(both.server->CloseNow(), Errc::kOk);
    EXPECT_EQ(both.client->ReadNow(), "eof");
    EXPECT_EQ(both.client->CloseNow(), Errc::kOk);
  }
}

TLS_TEST(StreamTest, TL_24_CloseInsideACallback) {
  typename StreamTest<B>::Both both(t.loop, Version::kTls13);
  both.Ready();
  both.client->BeginWrite(Noise(kTooMuch));
  both.client->then_read = [&] {
    EXPECT_EQ(both.client->BeginClose(), Errc::kOk);
    both.client->then_read = [&] { EXPECT_EQ(both.client->ReadText(), "closed"); };
    both.client->BeginRead();
  };
  both.client->BeginRead();
  EXPECT_EQ(both.server->WriteNow("data"), Errc::kOk);
  EXPECT_TRUE(both.client->Await(both.client->closed));
  EXPECT_EQ(both.client->ReadText(), "closed");
  EXPECT_EQ(both.client->written.result.err, Errc::kClosed);
}

// Between the records of streams that go both ways.
TLS_TEST(StreamTest, TL_27_RG_31_KeyUpdatesBesideWritesThatArePending) {
  typename StreamTest<B>::Both both(t.loop, Version::kTls13);
  EXPECT_EQ(both.client->UpdateKeys(true), Errc::kInvalid);
  both.Ready();
  const Bytes up = Noise(600'000, 1), down = Noise(500'000, 2);
  both.client->Collect(down.size());
  both.server->Collect(up.size());
  both.client->BeginWrite(up);
  both.server->BeginWrite(down);
  bool always = true;
  for (int turns = 0;; ++turns) {
    if (both.client->got.size() == down.size() && both.server->got.size() == up.size()) break;
    ASSERT_LT(turns, 1'000'000);
    t.loop.Turn(Now().Plus(kMillisecond));
    // No more of them than an end takes between two records.
    if (turns % 4 == 0) {
      EXPECT_EQ(both.client->UpdateKeys(turns % 8 == 0), Errc::kOk);
    }
    if (turns % 4 == 1) {
      EXPECT_EQ(both.server->UpdateKeys(turns % 8 == 1), Errc::kOk);
    }
    always = always && both.client->ready() && both.server->ready();
  }
  EXPECT_TRUE(always);
  EXPECT_TRUE(both.client->got == down);
  EXPECT_TRUE(both.server->got == up);
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return both.client->written && both.server->written; }));
  both.client->then_read = both.server->then_read = nullptr;
  both.Usable();
  typename StreamTest<B>::Both old(t.loop, Version::kTls12);
  old.Ready();
  EXPECT_EQ(old.client->UpdateKeys(true), Errc::kInvalid);
  old.Usable();
}

// The peer asks for new keys, and hears nothing of ours until it reads.
TLS_TEST(StreamTest, TL_27_KeyUpdatesOfThePeer) {
  for (const int ask : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
    for (const Role role : {Role::kClient, Role::kServer}) {
      typename StreamTest<B>::WithBare with(t.loop, role, Version::kTls13);
      with.Ready();
      for (int i = 0; i < 40; ++i) {
        EXPECT_EQ(SSL_key_update(with.ssl.ssl(), ask), 1);
        with.ssl.Say("data");
        with.SendOut();
        EXPECT_EQ(with.end->ReadNow(), "data");
        EXPECT_EQ(with.end->WriteNow("answer"), Errc::kOk);
        EXPECT_TRUE(with.MoveUntil([&] { return TextOf(with.ssl.heard) == "answer"; }));
        with.ssl.heard.clear();
      }
    }
  }
}

TLS_TEST(StreamTest, CloseSaysSo) {
  for (const Version version : kVersions) {
    typename StreamTest<B>::Both both(t.loop, version);
    both.Ready();
    both.server->BeginRead();
    EXPECT_EQ(both.client->CloseNow(), Errc::kOk);
    EXPECT_TRUE(both.server->Await(both.server->read));
    EXPECT_EQ(both.server->ReadText(), "eof");
    EXPECT_EQ(both.client->ReadNow(), "closed");
    EXPECT_EQ(both.client->WriteNow("data"), Errc::kClosed);
    EXPECT_EQ(both.client->ShakeNow(), Errc::kClosed);
    EXPECT_FALSE(both.client->ready());
  }
}

// The same object for one connection after the other.
TLS_TEST(StreamTest, AConnectionMayBeOpenedAgain) {
  typename StreamTest<B>::Both both(t.loop, Version::kTls13);
  for (const Version version : {Version::kTls12, Version::kTls13, Version::kTls12}) {
    EXPECT_EQ(both.client->CloseNow(), Errc::kOk);
    EXPECT_EQ(both.server->CloseNow(), Errc::kOk);
    both.client->closed = both.server->closed = {};
    const io::Pair pair = StreamTest<B>::NewPair();
    EXPECT_TRUE(both.client->OpenOn(pair.client, *ClientOf(version), kServerName).ok());
    EXPECT_TRUE(both.server->OpenOn(pair.server, *ServerOf(version), std::string_view()).ok());
    both.Ready();
    EXPECT_EQ(both.client->version(), version);
    both.Usable();
  }
}

}  // namespace
}  // namespace tare::suites::tls_handshake
