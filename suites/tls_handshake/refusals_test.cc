// SPDX-License-Identifier: Apache-2.0
// Peers that are no peers: garbage, silence, an end in the middle, over sockets.
#include <gtest/gtest.h>

#include <array>
#include <string_view>

#include "suites/tls_handshake/connection_fixture.h"

namespace tare::suites::tls_handshake {
namespace {

template <class B>
class RefusalsTest : public ConnectionTest<B> {};
TYPED_TEST_SUITE(RefusalsTest, AllBackends, BackendNames);

TLS_TEST(RefusalsTest, GarbageInPlaceOfAHelloIsInvalid) {
  for (const Role role : {Role::kClient, Role::kServer}) {
    for (const std::string_view garbage :
         {std::string_view("GET / HTTP/1.1\r\nHost: tare.test\r\n\r\n"),
          std::string_view("\x16\x03\x01\xFF\xFF oversized", 14)}) {
      typename RefusalsTest<B>::WithBare with(t.loop, role, Version::kTls13);
      const Bytes bytes = BytesOf(garbage);
      EXPECT_EQ(with.far.Say(bytes), bytes.size());
      EXPECT_EQ(with.end->ShakeNow(), Errc::kInvalid);
      EXPECT_EQ(with.end->ReadNow(), "invalid");
      EXPECT_EQ(with.end->CloseNow(), Errc::kOk);
    }
  }
}

// After so many bytes of what it would have said.
TLS_TEST(RefusalsTest, TL_18_APeerThatStopsInTheHandshakeIsAReset) {
  for (const Version version : kVersions) {
    for (const size_t cut : {0, 1, 4, 5, 6, 100, 300, 500}) {
      typename RefusalsTest<B>::WithBare with(t.loop, Role::kClient, version);
      Shaking shaking;
      with.end->Handshake(shaking);
      Bytes out;
      EXPECT_TRUE(TurnUntil(t.loop, [&] {
        with.ssl.Feed(with.far.Hear());
        (void)with.ssl.Shake();
        if (out.empty()) out = with.ssl.Take();
        return !out.empty();
      }));
      ASSERT_GT(out.size(), cut);
      out.resize(cut);
      EXPECT_EQ(with.far.Say(out), cut);
      with.far.Finish();
      EXPECT_TRUE(with.end->Await(shaking.end));
      EXPECT_EQ(shaking.end.result.err, Errc::kReset);
      EXPECT_EQ(with.end->WriteNow("data"), Errc::kReset);
    }
  }
}

TLS_TEST(RefusalsTest, TL_18_AnEndWithoutCloseNotifyIsAReset) {
  for (const Role role : {Role::kClient, Role::kServer}) {
    for (const Version version : kVersions) {
      for (const size_t missing : {0, 1, 20}) {
        typename RefusalsTest<B>::WithBare with(t.loop, role, version);
        with.Ready();
        with.ssl.Say("the last record");
        Bytes out = with.ssl.Take();
        out.resize(out.size() - missing);
        EXPECT_EQ(with.far.Say(out), out.size());
        with.far.Finish();
        if (missing == 0) {
          EXPECT_EQ(with.end->ReadNow(), "the last record");
        }
        for (int i = 0; i < 2; ++i) EXPECT_EQ(with.end->ReadNow(), "reset");
      }
    }
  }
}

TLS_TEST(RefusalsTest, TL_19_DataWithCloseNotifyAndAnEndBehindIt) {
  for (const Version version : kVersions) {
    typename RefusalsTest<B>::WithBare with(t.loop, Role::kClient, version);
    with.Ready();
    with.ssl.Say("data");
    EXPECT_EQ(SSL_shutdown(with.ssl.ssl()), 0);
    with.SendOut();
    with.far.Finish();
    EXPECT_EQ(with.end->ReadNow(), "data");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(with.end->ReadNow(), "eof");
  }
}

// The rest of a record comes after the read for its beginning has given up.
TLS_TEST(RefusalsTest, TL_17_ARecordIsResumedAfterATimeout) {
  for (const Version version : kVersions) {
    for (const size_t first : {1, 4, 5, 6, 20}) {
      typename RefusalsTest<B>::WithBare with(t.loop, Role::kServer, version);
      with.Ready();
      with.ssl.Say("one record");
      const Bytes record = with.ssl.Take();
      const auto rest = std::span(record).subspan(first);
      EXPECT_EQ(with.far.Say(std::span(record).first(first)), first);
      (void)with.end->SetReadDeadline(Now().Plus(2 * kMillisecond));
      EXPECT_EQ(with.end->ReadNow(), "timeout");
      EXPECT_EQ(with.end->ReadNow(), "timeout");
      (void)with.end->SetReadDeadline(Deadline::Never());
      with.end->BeginRead();
      t.loop.Turn(Deadline::Past());
      with.end->CancelRead();
      EXPECT_TRUE(with.end->Await(with.end->read));
      EXPECT_EQ(with.end->ReadText(), "canceled");
      EXPECT_EQ(with.far.Say(rest), rest.size());
      EXPECT_EQ(with.end->ReadNow(), "one record");
    }
  }
}

TLS_TEST(RefusalsTest, TL_29_AFloodOfKeyUpdatesEndsTheConnection) {
  typename RefusalsTest<B>::WithBare with(t.loop, Role::kServer, Version::kTls13);
  with.Ready();
  with.end->BeginRead();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(SSL_key_update(with.ssl.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    (void)with.ssl.Shake();
  }
  EXPECT_TRUE(TurnUntil(t.loop, [&] {
    with.SendOut();
    (void)with.far.Hear();
    return bool{with.end->read};
  }));
  EXPECT_EQ(with.end->ReadText(), "invalid");
  EXPECT_EQ(with.end->detail(), "too many records that bring nothing");
  EXPECT_EQ(with.end->WriteNow("data"), Errc::kInvalid);
}

// The fast path is off meanwhile, and who writes waits.
TLS_TEST(RefusalsTest, TL_26_AnotherHandshakeOfTls12) {
  for (const bool reader : {true, false}) {
    const auto ours = ClientOf(Version::kTls12, Renegotiation::kFreely);
    typename RefusalsTest<B>::WithBare with(t.loop, *ours, *ServerOf(Version::kTls12));
    with.Ready();
    for (int round = 0; round < 3; ++round) {
      EXPECT_TRUE(with.end->ready());
      EXPECT_EQ(SSL_renegotiate(with.ssl.ssl()), 1);
      (void)with.ssl.Shake();
      with.SendOut();
      with.end->BeginRead();
      EXPECT_TRUE(TurnUntil(t.loop, [&] { return !with.end->ready(); }));
      with.end->BeginWrite("waits");
      Shaking shaking;
      with.end->Handshake(shaking);
      if (!reader) {
        // The write goes on with it alone.
        with.end->CancelRead();
        EXPECT_TRUE(with.end->Await(with.end->read));
        EXPECT_EQ(with.end->ReadText(), "canceled");
      }
      for (int i = 0; i < 3; ++i) t.loop.Turn(Deadline::Past());
      EXPECT_EQ(with.end->written.times, 0);
      EXPECT_EQ(shaking.end.times, 0);
      EXPECT_TRUE(with.MoveUntil([&] { return with.end->written && shaking.end; }));
      EXPECT_TRUE(with.end->ready());
      EXPECT_EQ(with.end->written.result.err, Errc::kOk);
      EXPECT_EQ(shaking.end.result.err, Errc::kOk);
      if (!reader) with.end->BeginRead();
      with.ssl.Say("data");
      with.SendOut();
      EXPECT_TRUE(with.MoveUntil([&] { return bool{with.end->read}; }));
      EXPECT_EQ(with.end->ReadText(), "data");
      EXPECT_TRUE(with.MoveUntil([&] { return TextOf(with.ssl.heard) == "waits"; }));
      with.ssl.heard.clear();
    }
  }
}

TLS_TEST(RefusalsTest, TL_26_ABrokenRenegotiationEndsWhoWaits) {
  const auto ours = ClientOf(Version::kTls12, Renegotiation::kFreely);
  typename RefusalsTest<B>::WithBare with(t.loop, *ours, *ServerOf(Version::kTls12));
  with.Ready();
  EXPECT_EQ(SSL_renegotiate(with.ssl.ssl()), 1);
  (void)with.ssl.Shake();
  with.SendOut();
  with.end->BeginRead();
  EXPECT_TRUE(TurnUntil(t.loop, [&] { return !with.end->ready(); }));
  with.end->BeginWrite("waits");
  with.far.Finish();
  EXPECT_TRUE(with.end->Await(with.end->written));
  EXPECT_EQ(with.end->written.result.err, Errc::kReset);
  EXPECT_EQ(with.end->ReadText(), "reset");
  EXPECT_EQ(with.end->ShakeNow(), Errc::kReset);
}

}  // namespace
}  // namespace tare::suites::tls_handshake
