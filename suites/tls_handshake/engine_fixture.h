// SPDX-License-Identifier: Apache-2.0
// Engines in memory: bytes carried from one to the other by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "impl/tls_handshake/engine.h"
#include "suites/tls_handshake/tls_fixture.h"

namespace tare::suites::tls_handshake {

using io::tls_handshake::Engine;
using io::tls_handshake::Need;
using io::tls_handshake::Step;

inline const char* NameOf(Version v) {
  return v == Version::kTls12 ? "TLS 1.2" : "TLS 1.3";
}

// Takes what `from` has to send.
inline Bytes Take(Engine& from) {
  Bytes all;
  while (!from.ToSend().empty()) {
    const auto bytes = from.ToSend();
    all.insert(all.end(), bytes.begin(), bytes.end());
    from.Sent(bytes.size());
  }
  return all;
}
// As much as there is room for; how much.
inline size_t Give(std::span<const std::byte> bytes, Engine& to) {
  const auto room = to.Room();
  const size_t n = std::min(bytes.size(), room.size());
  std::copy_n(bytes.begin(), n, room.begin());
  to.Received(n);
  return n;
}
inline void Carry(Engine& from, Engine& to) {
  const Bytes bytes = Take(from);
  EXPECT_EQ(Give(bytes, to), bytes.size());
}

// A client and a server of ours.
struct BothEngines {
  BothEngines(const Credentials& of_client, const Credentials& of_server,
              std::string_view name = kServerName) {
    EXPECT_TRUE(client->Open(of_client, name).ok());
    EXPECT_TRUE(server->Open(of_server, "").ok());
  }
  explicit BothEngines(Version version) : BothEngines(*ClientOf(version), *ServerOf(version)) {}

  // How the handshake ended at both.
  void Shake() {
    Step c, s;
    for (int i = 0; i < 20; ++i) {
      c = client->Handshake();
      Carry(*client, *server);
      s = server->Handshake();
      Carry(*server, *client);
      if (c.need == Need::kNothing && s.need == Need::kNothing) break;
    }
    EXPECT_EQ(c.need, Need::kNothing);
    EXPECT_EQ(s.need, Need::kNothing);
    shaken_client = c.result;
    shaken_server = s.result;
  }
  void Ready() {
    Shake();
    EXPECT_TRUE(shaken_client.ok()) << client->detail();
    EXPECT_TRUE(shaken_server.ok()) << server->detail();
  }

  std::unique_ptr<Engine> client = std::make_unique<Engine>();
  std::unique_ptr<Engine> server = std::make_unique<Engine>();
  Result shaken_client, shaken_server;
};

// One record of each, whole.
inline void WriteAll(Engine& engine, std::span<const std::byte> bytes) {
  const Step step = engine.Write(bytes);
  EXPECT_EQ(step.need, Need::kNothing);
  EXPECT_EQ(step.result.n, static_cast<int64_t>(bytes.size()));
}
inline void WriteAll(Engine& engine, std::string_view text) {
  WriteAll(engine, BytesOf(text));
}

// "text", or "input", "room", "eof" and so on.
inline std::string ReadText(Engine& engine, size_t most = 100) {
  Bytes to(most);
  const Step step = engine.Read(to);
  if (step.need != Need::kNothing) return step.need == Need::kInput ? "input" : "room";
  if (!step.result.ok()) return std::string(Name(step.result.err));
  return TextOf(std::span(to).first(static_cast<size_t>(step.result.n)));
}

}  // namespace tare::suites::tls_handshake
