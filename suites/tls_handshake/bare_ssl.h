// SPDX-License-Identifier: Apache-2.0
// BareSsl: the library alone, over memory, as a peer that does what ours never would.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suites/tls_handshake/certificates.h"

namespace tare::suites::tls_handshake {

using Bytes = std::vector<std::byte>;

Bytes BytesOf(std::string_view text);
std::string TextOf(std::span<const std::byte> bytes);
// Of no pattern that a record or a copy could hide.
Bytes Noise(size_t size, unsigned seed = 1);

class BareSsl {
 public:
  explicit BareSsl(const Credentials& credentials);

  SSL* ssl() const { return ssl_.get(); }
  // What was received, and what is to be sent.
  void Feed(std::span<const std::byte> bytes);
  Bytes Take();

  // True once it is over.
  bool Shake();
  // Encrypts all of it.
  void Say(std::span<const std::byte> bytes);
  void Say(std::string_view text) { Say(BytesOf(text)); }
  // Reads on with what was fed, and keeps it.
  void Hear();

  Bytes heard;
  int end = SSL_ERROR_NONE;  // why no more was heard

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

}  // namespace tare::suites::tls_handshake
