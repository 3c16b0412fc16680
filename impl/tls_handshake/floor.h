// SPDX-License-Identifier: Apache-2.0
// The floor: bare SSL_read and SSL_write over the same sockets, in the order that needs no waiting.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "impl/tls_handshake/contract.h"

struct ssl_st;  // OpenSSL's SSL

namespace tare::io::tls_handshake {

// Both ends on one thread, each over the library's own BIO for sockets. A message goes a record at
// a time there and back: on loopback it is on the other side when the call returns. Trip allocates
// what the library does.
class Floor {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  Floor() = default;
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;
  ~Floor() { Close(); }

  Result Open(const Pair& pair, const Exchange& exchange) {
    return OpenWith(pair, exchange, false);
  }
  Result Trip() noexcept;
  std::span<const std::byte> Received() noexcept { return {received_.get(), got_}; }
  std::span<std::byte> Message() noexcept { return {message_.get(), size_}; }
  void Close() noexcept;

 protected:
  // `ahead`: the library receives as much as there is, and not a header and a body by two calls.
  Result OpenWith(const Pair& pair, const Exchange& exchange, bool ahead);

 private:
  static constexpr size_t kRecord = 16384;

  bool Shake() noexcept;

  ssl_st* client_ = nullptr;
  ssl_st* server_ = nullptr;
  Pair pair_;
  size_t size_ = 0;
  size_t got_ = 0;
  std::unique_ptr<std::byte[]> message_;
  std::unique_ptr<std::byte[]> received_;
  std::array<std::byte, kRecord> record_;
};

// The same with the library's read_ahead, as its best friend would set it.
class AheadFloor : public Floor {
 public:
  Result Open(const Pair& pair, const Exchange& exchange) { return OpenWith(pair, exchange, true); }
};

static_assert(Answer<Floor> && Answer<AheadFloor>);

}  // namespace tare::io::tls_handshake
