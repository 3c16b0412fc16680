// SPDX-License-Identifier: Apache-2.0
// An SSL between two memory BIOs.
#include "suites/tls_handshake/bare_ssl.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include <random>

namespace tare::suites::tls_handshake {

Bytes BytesOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes Noise(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

BareSsl::BareSsl(const Credentials& credentials)
    : ssl_(SSL_new(credentials.context())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
  SSL_set_bio(ssl_.get(), in_, out_);
  if (credentials.role() == Role::kClient) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
  SSL_clear_options(ssl_.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_clear_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
}

void BareSsl::Feed(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  EXPECT_EQ(BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())),
            static_cast<int>(bytes.size()));
}

Bytes BareSsl::Take() {
  Bytes bytes(BIO_ctrl_pending(out_));
  if (!bytes.empty()) {
    EXPECT_EQ(BIO_read(out_, bytes.data(), static_cast<int>(bytes.size())),
              static_cast<int>(bytes.size()));
  }
  return bytes;
}

bool BareSsl::Shake() {
  ERR_clear_error();
  return SSL_do_handshake(ssl_.get()) == 1;
}

void BareSsl::Say(std::span<const std::byte> bytes) {
  ERR_clear_error();
  size_t n = 0;
  EXPECT_EQ(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n), 1);
  EXPECT_EQ(n, bytes.size());
}

void BareSsl::Hear() {
  std::byte to[4096];
  for (;;) {
    ERR_clear_error();
    size_t n = 0;
    const int ret = SSL_read_ex(ssl_.get(), to, sizeof(to), &n);
    if (ret != 1) {
      end = SSL_get_error(ssl_.get(), ret);
      return;
    }
    heard.insert(heard.end(), to, to + n);
  }
}

}  // namespace tare::suites::tls_handshake
