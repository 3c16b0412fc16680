// SPDX-License-Identifier: Apache-2.0
// Credentials: what a TLS connection shows of itself and what it asks of its peer, for any number
// of connections.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "impl/tls_handshake/contract.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace tare::io::tls_handshake {

enum class Version : uint8_t { kTls12, kTls13 };  // in this order

struct Settings {
  Role role = Role::kClient;
  Version least = Version::kTls12;
  Version most = Version::kTls13;
  // In PEM, this end's own certificate first and then those that lead to an authority. A server
  // has one; a client may.
  std::string_view certificate{};
  std::string_view key{};  // of the first certificate, in PEM and not encrypted
  // Certificates that are trusted, in PEM; empty: those of the system.
  std::string_view authorities{};
  // A client: the server's certificate must have the server's name in it, and an authority must
  // vouch for it.
  bool verify = true;
  // A server: asks its clients for a certificate, and takes nobody without one that an authority
  // vouches for.
  bool ask_client = false;
  int tickets = 2;  // a server of TLS 1.3 sends so many after a handshake
  Renegotiation renegotiation = Renegotiation::kNever;
};

// Set-up: all of it may allocate and block. Once open it may be used from several threads.
class Credentials {
 public:
  Credentials() = default;
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;
  // Connections that were opened with it do not need it any longer.
  ~Credentials();

  // Once. kInvalid for a certificate, key or authority that cannot be used: detail() says which.
  Result Open(const Settings& settings) noexcept;

  Role role() const noexcept { return role_; }
  Renegotiation renegotiation() const noexcept { return renegotiation_; }
  bool verifies() const noexcept { return verifies_; }
  ssl_ctx_st* context() const noexcept { return context_; }
  // What was wrong, in words; "" if nothing was.
  std::string_view detail() const noexcept { return detail_.data(); }

 private:
  Result Failed(const char* with_what) noexcept;
  const char* Load(const Settings& settings) noexcept;

  ssl_ctx_st* context_ = nullptr;
  Role role_ = Role::kClient;
  Renegotiation renegotiation_ = Renegotiation::kNever;
  bool verifies_ = true;  // whoever the peer is
  std::array<char, 200> detail_{};
};

}  // namespace tare::io::tls_handshake
