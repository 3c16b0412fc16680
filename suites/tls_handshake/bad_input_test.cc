// SPDX-License-Identifier: Apache-2.0
// Engines whose peer breaks the protocol, stops, or is nobody that is trusted: each the error that
// contract.h names.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "suites/tls_handshake/engine_fixture.h"

namespace tare::suites::tls_handshake {
namespace {

using Both = BothEngines;

class BadInputTest : public TlsTest {};

// A peer that stops in the middle of a handshake, of a record or of a header, at many places.
TEST_F(BadInputTest, TL_33_AnEndAnywhereInAHandshakeIsAReset) {
  for (const Version version : kVersions) {
    SCOPED_TRACE(NameOf(version));
    const auto of_client = ClientOf(version);
    const auto of_server = ServerOf(version);
    for (const bool at_client : {true, false}) {
      bool whole = false;  // nothing was cut off
      for (size_t cut = 0; !whole; cut += cut < 12 ? 1 : 149) {
        Both both(*of_client, *of_server);
        Engine& deaf = at_client ? *both.client : *both.server;
        size_t left = cut;
        Step ours;
        for (int i = 0; i < 6; ++i) {
          for (Engine* e : {both.client.get(), both.server.get()}) {
            const Step step = e->Handshake();
            if (e == &deaf) ours = step;
            Engine& to = e == both.client.get() ? *both.server : *both.client;
            Bytes bytes = Take(*e);
            if (&to == &deaf && bytes.size() > left) bytes.resize(left);
            if (&to == &deaf) left -= bytes.size();
            (void)Give(bytes, to);
          }
        }
        whole = ours.need == Need::kNothing;
        if (whole) break;
        deaf.InputEnds({0, Errc::kEof, 0});
        EXPECT_EQ(deaf.Handshake().result.err, Errc::kReset);
        EXPECT_EQ(ReadText(deaf), "reset");
        EXPECT_EQ(deaf.Write(std::array<std::byte, 1>{}).result.err, Errc::kReset);
        EXPECT_EQ(deaf.Shutdown().result.err, Errc::kReset);
      }
    }
  }
}

TEST_F(BadInputTest, TL_33_AnErrorOfTheTransportIsToldAsItIs) {
  Both both(Version::kTls13);
  both.Ready();
  both.server->InputEnds({0, Errc::kUnreachable, 110});
  Bytes to(10);
  for (int i = 0; i < 2; ++i) {
    const Result r = both.server->Read(to).result;
    EXPECT_EQ(r.err, Errc::kUnreachable);
    EXPECT_EQ(r.os, 110);
  }
}

// A record that asks for something, and one that does not.
TEST_F(BadInputTest, TL_29_AFloodOfKeyUpdatesEndsTheConnection) {
  for (const bool ask : {false, true}) {
    for (const int more : {0, 1}) {
      Both both(Version::kTls13);
      both.Ready();
      (void)ReadText(*both.client);
      for (uint64_t i = 0; i < Engine::kMostUseless + static_cast<uint64_t>(more); ++i) {
        EXPECT_TRUE(both.client->UpdateKeys(ask).result.ok());
        Carry(*both.client, *both.server);
        // One or all at once: the last of them, which has data behind it, decides.
        if (i % 2 == 0 && i < 20) (void)ReadText(*both.server);
      }
      WriteAll(*both.client, "data");
      Carry(*both.client, *both.server);
      EXPECT_EQ(ReadText(*both.server), more == 0 ? "data" : "invalid");
      EXPECT_EQ(both.server->detail(), more == 0 ? "" : "too many records that bring nothing");
    }
  }
}

TEST_F(BadInputTest, TL_29_AFloodOfTicketsEndsTheConnection) {
  for (const int tickets : {static_cast<int>(Engine::kMostUseless), 300}) {
    const auto of_client = ClientOf(Version::kTls13);
    const auto of_server = ServerOf(Version::kTls13, Certificates::Get().server, 0);
    auto client = std::make_unique<Engine>();
    ASSERT_TRUE(client->Open(*of_client, kServerName).ok());
    BareSsl server(*of_server);
    for (bool done = false; !done;) {
      done = client->Handshake().need == Need::kNothing;
      server.Feed(Take(*client));
      done = server.Shake() && done;
      (void)Give(server.Take(), *client);
    }
    std::string end;
    for (int i = 0; i < tickets && end.empty(); ++i) {
      ASSERT_EQ(SSL_new_session_ticket(server.ssl()), 1);
      EXPECT_TRUE(server.Shake());
      (void)Give(server.Take(), *client);
      if (const std::string text = ReadText(*client); text != "input") end = text;
    }
    if (end.empty()) {
      server.Say("data");
      (void)Give(server.Take(), *client);
      end = ReadText(*client);
    }
    EXPECT_EQ(end, tickets == 300 ? "invalid" : "data");
  }
}

TEST_F(BadInputTest, TL_29_AFloodOfWarningsOrOfEmptyRecordsEndsAHandshake) {
  const Bytes warning = BytesOf({"\x15\x03\x03\x00\x02\x01\x5A", 7});  // user_canceled
  const Bytes empty = BytesOf({"\x16\x03\x03\x00\x00", 5});
  for (const Version version : kVersions) {
    for (const Bytes& one : {warning, empty}) {
      auto client = std::make_unique<Engine>();
      ASSERT_TRUE(client->Open(*ClientOf(version), kServerName).ok());
      Step step = client->Handshake();
      int count = 0;
      for (; step.need == Need::kInput && count < 1000; ++count) {
        (void)Give(one, *client);
        step = client->Handshake();
      }
      EXPECT_EQ(step.result.err, Errc::kInvalid);
      EXPECT_LE(count, 33);
    }
  }
}

constexpr char kZeros[200] = {};

TEST_F(BadInputTest, GarbageInPlaceOfAHelloIsRefused) {
  for (const Version version : kVersions) {
    for (const std::string_view garbage :
         {std::string_view("GET / HTTP/1.1\r\nHost: tare.test\r\n\r\n"),
          std::string_view("HTTP/1.1 400 Bad Request\r\n\r\n"),
          std::string_view("\x16\x03\x01\xFF\xFF oversized", 14),
          std::string_view("\x17\x03\x03\x00\x01X", 6), std::string_view(kZeros, 200)}) {
      for (const Role role : {Role::kClient, Role::kServer}) {
        Both both(version);
        Engine& e = role == Role::kClient ? *both.client : *both.server;
        (void)e.Handshake();
        (void)Give(BytesOf(garbage), e);
        EXPECT_EQ(e.Handshake().result.err, Errc::kInvalid) << garbage;
        EXPECT_NE(e.detail(), "");
        EXPECT_EQ(e.Handshake().result.err, Errc::kInvalid);
      }
    }
  }
}

TEST_F(BadInputTest, TL_06_NoVersionInCommonEndsBoth) {
  Both both(*ClientOf(Version::kTls12), *ServerOf(Version::kTls13));
  both.Shake();
  EXPECT_EQ(both.shaken_client.err, Errc::kInvalid);
  EXPECT_EQ(both.shaken_server.err, Errc::kInvalid);
}

TEST_F(BadInputTest, TL_06_TL_15_ACertificateThatWillNotDoEndsBoth) {
  const Certificates& all = Certificates::Get();
  const struct {
    const Identity& shown;
    std::string_view name, words;
  } cases[] = {
      {all.expired, kServerName, "certificate has expired"},
      {all.other_name, kServerName, "hostname mismatch"},
      {all.server, "127.0.0.2", "IP address mismatch"},
      {all.unknown, kServerName, "unable to get local issuer certificate"},
  };
  for (const Version version : kVersions) {
    for (const auto& c : cases) {
      Both both(*ClientOf(version), *ServerOf(version, c.shown), c.name);
      both.Shake();
      EXPECT_EQ(both.shaken_client.err, Errc::kInvalid);
      EXPECT_EQ(both.client->detail(), c.words);
      if (version == Version::kTls12) {
        EXPECT_EQ(both.shaken_server.err, Errc::kInvalid);
      }
      EXPECT_EQ(ReadText(*both.server), "invalid");
      EXPECT_NE(both.server->detail().find("alert"), std::string_view::npos);
    }
    for (const std::string_view good : {kServerName, std::string_view("127.0.0.1")}) {
      Both(*ClientOf(version), *ServerOf(version), good).Ready();
    }
  }
  EXPECT_EQ(Engine().Open(*ClientOf(Version::kTls13), "").err, Errc::kInvalid);
}

TEST_F(BadInputTest, AServerThatAsksTakesNobodyWithoutACertificate) {
  const Certificates& all = Certificates::Get();
  for (const Version version : kVersions) {
    Settings server{.role = Role::kServer, .least = version, .most = version};
    server.certificate = all.server.certificate;
    server.key = all.server.key;
    server.authorities = all.authority;
    server.ask_client = true;
    const auto asks = Open(server);
    Both none(*ClientOf(version), *asks);
    none.Shake();
    EXPECT_EQ(none.shaken_server.err, Errc::kInvalid);
    EXPECT_EQ(ReadText(*none.client), "invalid");

    Settings client{.least = version, .most = version};
    client.authorities = all.authority;
    client.certificate = all.client.certificate;
    client.key = all.client.key;
    Both(*Open(client), *asks).Ready();
  }
}

TEST_F(BadInputTest, CredentialsThatCannotBeUsedAreRefused) {
  const Certificates& all = Certificates::Get();
  const auto refusal = [](const Settings& s) {
    Credentials c;
    EXPECT_EQ(c.Open(s).err, Errc::kInvalid);
    return std::string(c.detail().substr(0, c.detail().find(':')));
  };
  Settings s{.role = Role::kServer};
  EXPECT_EQ(refusal(s), "a server without a certificate");
  s.certificate = "no certificate";
  EXPECT_EQ(refusal(s), "the certificate");
  s.certificate = all.server.certificate;
  EXPECT_EQ(refusal(s), "the key");
  s.key = all.client.key;
  EXPECT_EQ(refusal(s), "the key");
  s.key = all.server.key;
  s.ask_client = true;
  s.authorities = "nobody";
  EXPECT_EQ(refusal(s), "the authorities");
  s.authorities = all.authority;
  s.least = Version::kTls13;
  s.most = Version::kTls12;
  EXPECT_EQ(refusal(s), "the versions");
}

// A bit of a record that is another.
TEST_F(BadInputTest, ARecordThatWasChangedIsRefused) {
  for (const Version version : kVersions) {
    for (const size_t at : {0, 1, 3, 4, 5, 20, 30}) {
      Both both(version);
      both.Ready();
      (void)ReadText(*both.server);
      WriteAll(*both.client, "twenty bytes of data");
      Bytes wire = Take(*both.client);
      wire[at] ^= std::byte{0x80};
      (void)Give(wire, *both.server);
      const std::string end = ReadText(*both.server);
      EXPECT_TRUE(end == "invalid" || (at == 4 && end == "input")) << at << ' ' << end;
      if (end == "input") continue;
      EXPECT_FALSE(both.server->ToSend().empty());  // the alert
      EXPECT_EQ(both.server->Write(std::array<std::byte, 1>{}).result.err, Errc::kInvalid);
    }
  }
}

}  // namespace
}  // namespace tare::suites::tls_handshake
