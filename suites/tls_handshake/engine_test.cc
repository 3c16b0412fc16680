// SPDX-License-Identifier: Apache-2.0
// Engines in memory, against each other and against the library alone: what is read is what was
// written.
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <array>
#include <memory>
#include <string>

#include "suites/tls_handshake/engine_fixture.h"

namespace tare::suites::tls_handshake {
namespace {

using Both = BothEngines;

class EngineTest : public TlsTest {};

TEST_F(EngineTest, TL_01_BytesOfEverySizeBothWays) {
  for (const Version version : kVersions) {
    SCOPED_TRACE(NameOf(version));
    Both both(version);
    both.Ready();
    EXPECT_EQ(both.client->version(), version);
    for (const size_t size : {1, 2, 511, 512, 16383, 16384, 16385, 100'000}) {
      for (const bool up : {true, false}) {
        Engine& from = up ? *both.client : *both.server;
        Engine& to = up ? *both.server : *both.client;
        const Bytes sent = Noise(size);
        Bytes got, room(5000);
        size_t written = 0;
        while (got.size() < size) {
          if (written < size) {
            const Step w = from.Write(std::span(sent).subspan(written));
            ASSERT_TRUE(w.result.ok());
            written += static_cast<size_t>(w.result.n);
            if (w.need == Need::kNothing) continue;
            ASSERT_EQ(w.need, Need::kRoom);
          }
          Carry(from, to);
          for (Step r; (r = to.Read(room)).need == Need::kNothing;) {
            ASSERT_GT(r.result.n, 0);
            got.insert(got.end(), room.begin(), room.begin() + r.result.n);
          }
        }
        EXPECT_TRUE(got == sent) << size;
      }
    }
  }
}

TEST_F(EngineTest, TL_18_OnlyCloseNotifyIsAnEnd) {
  for (const Version version : kVersions) {
    SCOPED_TRACE(NameOf(version));
    {
      Both both(version);
      both.Ready();
      EXPECT_EQ(both.client->Shutdown().need, Need::kNothing);
      Carry(*both.client, *both.server);
      EXPECT_EQ(ReadText(*both.server), "eof");
      both.server->InputEnds({0, Errc::kEof, 0});
      EXPECT_EQ(ReadText(*both.server), "eof");
      WriteAll(*both.server, "the other half is open");
    }
    Both both(version);
    both.Ready();
    WriteAll(*both.client, "the last word?");
    Carry(*both.client, *both.server);
    both.server->InputEnds({0, Errc::kEof, 0});
    EXPECT_EQ(ReadText(*both.server), "the last word?");
    EXPECT_EQ(ReadText(*both.server), "reset");
    EXPECT_EQ(ReadText(*both.server), "reset");
    EXPECT_EQ(both.server->detail(), "the peer's stream ended without a close_notify");
    EXPECT_TRUE(both.server->ToSend().empty());
  }
}

TEST_F(EngineTest, TL_19_DataInFrontOfCloseNotifyComesFirst) {
  for (const Version version : kVersions) {
    Both both(version);
    both.Ready();
    WriteAll(*both.client, "data");
    (void)both.client->Shutdown();
    Carry(*both.client, *both.server);
    both.server->InputEnds({0, Errc::kEof, 0});
    EXPECT_EQ(ReadText(*both.server), "data");
    EXPECT_EQ(ReadText(*both.server), "eof");
  }
}

TEST_F(EngineTest, TL_28_TicketsAreNoBytes) {
  for (const int tickets : {0, 1, 5}) {
    Both both(*ClientOf(Version::kTls13),
              *ServerOf(Version::kTls13, Certificates::Get().server, tickets));
    both.Ready();
    EXPECT_EQ(ReadText(*both.client), "input");  // the tickets have come
    WriteAll(*both.server, "data");
    Carry(*both.server, *both.client);
    EXPECT_EQ(ReadText(*both.client), "data");
    EXPECT_EQ(ReadText(*both.client), "input");
  }
}

TEST_F(EngineTest, TL_27_KeyUpdatesBothWaysInTheMiddleOfAStream) {
  for (const bool ask : {false, true}) {
    Both both(Version::kTls13);
    both.Ready();
    for (int i = 0; i < 100; ++i) {
      for (const bool up : {true, false}) {
        Engine& from = up ? *both.client : *both.server;
        Engine& to = up ? *both.server : *both.client;
        WriteAll(from, "in front");
        EXPECT_TRUE(from.UpdateKeys(ask).result.ok());
        WriteAll(from, "behind");
        Carry(from, to);
        EXPECT_EQ(ReadText(to), "in front");
        EXPECT_EQ(ReadText(to), "behind");
        EXPECT_FALSE(to.shaking());
        WriteAll(to, "and back");
        Carry(to, from);
        EXPECT_EQ(ReadText(from), "and back");
      }
    }
  }
  Both both(Version::kTls12);
  both.Ready();
  EXPECT_EQ(both.client->UpdateKeys(true).result.err, Errc::kInvalid);
  WriteAll(*both.client, "as before");
}

// What another connection has left on the thread is not about this one.
TEST_F(EngineTest, TL_32_ADirtyErrorQueueHurtsNobody) {
  for (const Version version : kVersions) {
    Both both(version), broken(version);
    const auto spoil = [] { ERR_raise(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR); };
    for (int i = 0; i < 3; ++i) {
      for (Engine* e : {both.client.get(), both.server.get()}) {
        spoil();
        (void)e->Handshake();
        Carry(*e, e == both.client.get() ? *both.server : *both.client);
      }
    }
    (void)Give(BytesOf("neither TLS nor anything else"), *broken.server);
    EXPECT_EQ(broken.server->Handshake().result.err, Errc::kInvalid);
    spoil();
    WriteAll(*both.client, "data");
    Carry(*both.client, *both.server);
    spoil();
    EXPECT_EQ(ReadText(*both.server), "data");
    spoil();
    EXPECT_EQ(ReadText(*both.server), "input");
    auto another = std::make_unique<Engine>();
    spoil();
    EXPECT_TRUE(another->Open(*ClientOf(version), kServerName).ok());
  }
}

TEST_F(EngineTest, TL_34_WhatIsDecryptedIsDeliveredWithoutInput) {
  for (const Version version : kVersions) {
    Both both(version);
    both.Ready();
    (void)ReadText(*both.client);
    for (const char* text : {"0123456789", "abcdefghij"}) WriteAll(*both.server, text);
    Carry(*both.server, *both.client);
    std::string got;
    for (int i = 0; i < 10; ++i) got += ReadText(*both.client, 2);
    EXPECT_EQ(got, "0123456789abcdefghij");
    EXPECT_EQ(ReadText(*both.client), "input");
  }
}

// Longer flights than there is room for.
TEST_F(EngineTest, TL_31_AHandshakeMayWantRoom) {
  for (const Version version : kVersions) {
    Both both(*ClientOf(version), *ServerOf(version, Certificates::Get().long_one));
    (void)both.client->Handshake();
    Carry(*both.client, *both.server);
    EXPECT_EQ(both.server->Handshake().need, Need::kRoom);
    both.Ready();
  }
}

// The library alone as the server, which asks for another handshake.
class RenegotiationTest : public TlsTest {
 protected:
  struct Asked {
    explicit Asked(Renegotiation r) : of_client(ClientOf(Version::kTls12, r)), server(*of_server) {
      EXPECT_TRUE(client->Open(*of_client, kServerName).ok());
      for (int i = 0; i < 5; ++i) Step();
      EXPECT_FALSE(client->shaking());
    }
    void Step() {
      if (client->shaking()) (void)client->Handshake();
      server.Feed(Take(*client));
      (void)server.Shake();
      (void)Give(server.Take(), *client);
    }
    // Asks, and lets the client read until that is over.
    std::string Again() {
      EXPECT_EQ(SSL_renegotiate(server.ssl()), 1);
      (void)server.Shake();
      (void)Give(server.Take(), *client);
      std::string end;
      bool off = false;
      for (int i = 0; i < 6; ++i) {
        end = ReadText(*client);
        off = off || (client->failed().ok() && client->shaking());
        server.Feed(Take(*client));
        server.Hear();
        (void)Give(server.Take(), *client);
      }
      return (off ? "shaken, " : "refused, ") + end;
    }

    const Credentials* const of_client;
    const Credentials* const of_server = ServerOf(Version::kTls12);
    std::unique_ptr<Engine> client = std::make_unique<Engine>();
    BareSsl server;
  };
};

TEST_F(RenegotiationTest, TL_26_NeverOnceOrFreely) {
  EXPECT_EQ(Asked(Renegotiation::kNever).Again(), "refused, invalid");
  Asked once(Renegotiation::kOnce);
  EXPECT_EQ(once.Again(), "shaken, input");
  EXPECT_FALSE(once.client->shaking());
  EXPECT_EQ(once.Again(), "refused, invalid");
  Asked freely(Renegotiation::kFreely);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(freely.Again(), "shaken, input");
    EXPECT_FALSE(freely.client->shaking());
    WriteAll(*freely.client, "data");
    freely.server.Feed(Take(*freely.client));
    freely.server.Hear();
    freely.server.Say("and back");
    (void)Give(freely.server.Take(), *freely.client);
    EXPECT_EQ(ReadText(*freely.client), "and back");
  }
  EXPECT_EQ(TextOf(freely.server.heard), "datadatadatadata");
}

TEST_F(RenegotiationTest, TL_26_AServerRefuses) {
  const auto of_client = ClientOf(Version::kTls12);
  const auto of_server = ServerOf(Version::kTls12);
  BareSsl client(*of_client);
  auto server = std::make_unique<Engine>();
  ASSERT_TRUE(server->Open(*of_server, "").ok());
  for (int i = 0; i < 4; ++i) {
    (void)client.Shake();
    (void)Give(client.Take(), *server);
    if (server->shaking()) (void)server->Handshake();
    client.Feed(Take(*server));
  }
  ASSERT_FALSE(server->shaking());
  ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
  (void)client.Shake();
  (void)Give(client.Take(), *server);
  EXPECT_EQ(ReadText(*server), "input");
  EXPECT_FALSE(server->shaking());
  client.Feed(Take(*server));
  EXPECT_FALSE(client.Shake());  // the library ends where it is refused
}

}  // namespace
}  // namespace tare::suites::tls_handshake
