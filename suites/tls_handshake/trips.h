// SPDX-License-Identifier: Apache-2.0
// Trips: what all answers of tls_handshake are asked to do, checked before it is timed or counted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "impl/base/socket.h"
#include "impl/tls_handshake/contract.h"
#include "suites/tls_handshake/certificates.h"

namespace tare::suites {

// One connection of one version. A is an Answer.
template <class A>
class Trips {
 public:
  Trips(tls_handshake::Version version, size_t size) : version_(version), size_(size) {}
  ~Trips() { answer_.Close(); }
  Trips(const Trips&) = delete;
  Trips& operator=(const Trips&) = delete;

  std::string Open() {
    io::Pair pair;
    io::Result r = io::TcpPairs({&pair, 1});
    if (!r.ok()) return Say("cannot make the connection", r);
    r = answer_.Open(pair, {tls_handshake::ClientOf(version_), tls_handshake::ServerOf(version_),
                            tls_handshake::kServerName, size_});
    return r.ok() ? "" : Say("cannot make the handshake", r);
  }

  // Twice, for what is left of the first trip is no answer to the second.
  std::string Check() {
    for (uint64_t trip = 0; trip < 2; ++trip) {
      uint64_t state = (trip + 1) * 0x9e3779b97f4a7c15u;
      for (std::byte& b : answer_.Message()) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        b = static_cast<std::byte>(state >> 56);
      }
      if (!Trip()) return Error();
      const std::span<const std::byte> sent = answer_.Message();
      const std::span<const std::byte> got = answer_.Received();
      if (!std::equal(sent.begin(), sent.end(), got.begin(), got.end())) {
        return "other bytes came back than were sent";
      }
    }
    return "";
  }

  static int64_t PerCall() { return 1; }
  bool Trip() {
    result_ = answer_.Trip();
    return result_.ok();
  }
  std::string Error() const { return Say("a round trip failed", result_); }

 private:
  static std::string Say(std::string what, io::Result r) {
    return what.append(": ").append(Name(r.err));
  }

  tls_handshake::Version version_;
  size_t size_;
  io::Result result_;
  A answer_;
};

}  // namespace tare::suites
