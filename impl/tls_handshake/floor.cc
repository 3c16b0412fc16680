// SPDX-License-Identifier: Apache-2.0
// Two SSLs of OpenSSL's over two sockets that do not block.
#include "impl/tls_handshake/floor.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <string>
#include <utility>

#include "impl/tls_handshake/credentials.h"

namespace tare::io::tls_handshake {
namespace {

// As often as it takes: what is awaited is in the system, or the other end's room is.
template <class Call>
bool Repeat(SSL* ssl, Call call) noexcept {
  for (;;) {
    ERR_clear_error();
    const int ret = call();
    if (ret > 0) return true;
    const int error = SSL_get_error(ssl, ret);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
  }
}

SSL* New(const Credentials& credentials, Handle h, bool ahead) noexcept {
  SSL* const ssl = SSL_new(credentials.context());
  if (ssl == nullptr) return ssl;
  SSL_set_read_ahead(ssl, ahead ? 1 : 0);
  credentials.role() == Role::kClient ? SSL_set_connect_state(ssl) : SSL_set_accept_state(ssl);
  if (BIO_socket_nbio(h, 1) == 1 && SSL_set_fd(ssl, h) == 1) return ssl;
  SSL_free(ssl);
  return nullptr;
}

}  // namespace

Result Floor::OpenWith(const Pair& pair, const Exchange& exchange, bool ahead) {
  pair_ = pair;
  size_ = exchange.size;
  message_ = std::make_unique<std::byte[]>(size_);
  received_ = std::make_unique<std::byte[]>(size_);
  client_ = New(*exchange.client, pair.client, ahead);
  server_ = New(*exchange.server, pair.server, ahead);
  if (client_ == nullptr || server_ == nullptr) return {0, Errc::kResource, 0};
  const std::string name(exchange.name);
  if (SSL_set1_host(client_, name.c_str()) != 1 || !Shake()) return {0, Errc::kInvalid, 0};
  return {};
}

bool Floor::Shake() noexcept {
  for (bool done = false; !done;) {
    done = true;
    for (SSL* const ssl : {client_, server_}) {
      ERR_clear_error();
      const int ret = SSL_do_handshake(ssl);
      if (ret > 0) continue;
      done = false;
      const int error = SSL_get_error(ssl, ret);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
    }
  }
  return true;
}

Result Floor::Trip() noexcept {
  got_ = 0;
  while (got_ < size_) {
    const size_t size = std::min(kRecord, size_ - got_);
    // There,
    size_t n = 0;
    if (!Repeat(client_, [&] { return SSL_write_ex(client_, &message_[got_], size, &n); }) ||
        !Repeat(server_, [&] { return SSL_read_ex(server_, record_.data(), size, &n); })) {
      return {static_cast<int64_t>(got_), Errc::kOther, 0};
    }
    // and back.
    const size_t there = n;
    if (!Repeat(server_, [&] { return SSL_write_ex(server_, record_.data(), there, &n); }) ||
        !Repeat(client_, [&] { return SSL_read_ex(client_, &received_[got_], there, &n); })) {
      return {static_cast<int64_t>(got_), Errc::kOther, 0};
    }
    got_ += n;
  }
  return {static_cast<int64_t>(got_)};
}

void Floor::Close() noexcept {
  SSL_free(std::exchange(client_, nullptr));
  SSL_free(std::exchange(server_, nullptr));
  CloseAll({&pair_, 1});
  pair_ = {};
}

}  // namespace tare::io::tls_handshake
