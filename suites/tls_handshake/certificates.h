// SPDX-License-Identifier: Apache-2.0
// Certificates that tests and benchmarks make for themselves, and credentials of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "impl/tls_handshake/credentials.h"

namespace tare::suites::tls_handshake {

using io::tls_handshake::Credentials;
using io::tls_handshake::Renegotiation;
using io::tls_handshake::Role;
using io::tls_handshake::Settings;
using io::tls_handshake::Version;

inline constexpr Version kVersions[] = {Version::kTls12, Version::kTls13};
inline constexpr std::string_view kServerName = "tare.test";

// In PEM.
struct Identity {
  std::string certificate, key;
};

// Of one process, made at the first use; the keys are of P-256.
class Certificates {
 public:
  static const Certificates& Get();

  std::string authority;
  Identity server;      // of kServerName and 127.0.0.1
  Identity other_name;  // of another server
  Identity expired;     // as `server`, but yesterday's
  Identity unknown;     // as `server`, of an authority that nobody knows
  Identity client;
  Identity long_one;  // as `server`, and longer than what an engine has room for

 private:
  Certificates();
};

// Open; the process ends where that cannot be.
std::unique_ptr<Credentials> Open(const Settings& settings);
// Of one version alone; made once in a process.
const Credentials* ClientOf(Version version, Renegotiation renegotiation = Renegotiation::kNever);
const Credentials* ServerOf(Version version, const Identity& identity = Certificates::Get().server,
                            int tickets = 2);

}  // namespace tare::suites::tls_handshake
