// SPDX-License-Identifier: Apache-2.0
// An SSL_CTX of OpenSSL's, made from PEM in memory.
#include "impl/tls_handshake/credentials.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <climits>
#include <cstdio>
#include <memory>
#include <utility>

#include "impl/base/check.h"

namespace tare::io::tls_handshake {
namespace {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* what) const noexcept {
    kFree(what);
  }
};
using Memory = std::unique_ptr<BIO, FreeWith<&BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<&X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;

Memory Of(std::string_view text) noexcept {
  if (text.size() > INT_MAX) return nullptr;
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Nobody is asked on a terminal.
int NoPassword(char*, int, int, void*) {
  return 0;
}

// Calls `take` for each certificate of `pem`; false if there is none, one is no certificate, or one
// is not taken.
template <class Take>
bool ForEachCertificate(std::string_view pem, Take take) noexcept {
  const Memory in = Of(pem);
  if (in == nullptr) return false;
  bool any = false;
  for (;; any = true) {
    const Certificate one(PEM_read_bio_X509(in.get(), nullptr, &NoPassword, nullptr));
    if (one == nullptr) break;
    if (!take(one.get())) return false;
  }
  const unsigned long why = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(why) == ERR_LIB_PEM && ERR_GET_REASON(why) == PEM_R_NO_START_LINE;
  if (at_end) ERR_clear_error();
  return any && at_end;
}

constexpr int Number(Version v) noexcept {
  return v == Version::kTls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

}  // namespace

Credentials::~Credentials() {
  SSL_CTX_free(context_);
}

Result Credentials::Open(const Settings& settings) noexcept {
  TARE_CHECK(context_ == nullptr);
  ERR_clear_error();
  role_ = settings.role;
  renegotiation_ = settings.renegotiation;
  verifies_ = role_ == Role::kServer ? settings.ask_client : settings.verify;
  const char* const wrong = Load(settings);
  return wrong == nullptr ? Result{} : Failed(wrong);
}

// What could not be used, or nullptr.
const char* Credentials::Load(const Settings& settings) noexcept {
  const bool server = role_ == Role::kServer;
  context_ = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
  if (context_ == nullptr) return "a new context";
  if (settings.least > settings.most ||
      SSL_CTX_set_min_proto_version(context_, Number(settings.least)) != 1 ||
      SSL_CTX_set_max_proto_version(context_, Number(settings.most)) != 1) {
    return "the versions";
  }
  // One end of a connection that is not allowed to end is not one that ended in order.
  SSL_CTX_clear_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
  uint64_t options = SSL_OP_NO_COMPRESSION;
  if (server || renegotiation_ == Renegotiation::kNever) options |= SSL_OP_NO_RENEGOTIATION;
  SSL_CTX_set_options(context_, options);
  // A write ends with the record, not with the whole of what was given, and may be repeated from
  // elsewhere in memory.
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_set_num_tickets(context_, static_cast<size_t>(settings.tickets)) != 1) {
    return "the number of tickets";
  }
  static constexpr unsigned char kName[] = "tare";  // of the sessions that may be resumed
  if (SSL_CTX_set_session_id_context(context_, kName, sizeof(kName) - 1) != 1) return "its name";

  if (verifies_) {
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | (server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       nullptr);
    X509_STORE* const trusted = SSL_CTX_get_cert_store(context_);
    const bool good = settings.authorities.empty()
                          ? SSL_CTX_set_default_verify_paths(context_) == 1
                          : ForEachCertificate(settings.authorities, [&](X509* one) {
                              return X509_STORE_add_cert(trusted, one) == 1;
                            });
    if (!good) return "the authorities";
  }
  if (settings.certificate.empty()) return server ? "a server without a certificate" : nullptr;
  bool first = true;
  const bool taken = ForEachCertificate(settings.certificate, [&](X509* one) {
    if (!std::exchange(first, false)) return SSL_CTX_add1_chain_cert(context_, one) == 1;
    return SSL_CTX_use_certificate(context_, one) == 1;
  });
  if (!taken) return "the certificate";
  const Memory in = Of(settings.key);
  const Key key(in == nullptr ? nullptr
                              : PEM_read_bio_PrivateKey(in.get(), nullptr, &NoPassword, nullptr));
  if (key == nullptr || SSL_CTX_use_PrivateKey(context_, key.get()) != 1) return "the key";
  return SSL_CTX_check_private_key(context_) == 1 ? nullptr : "the key";
}

Result Credentials::Failed(const char* with_what) noexcept {
  const unsigned long why = ERR_peek_error();
  const char* const reason = ERR_reason_error_string(why);
  std::snprintf(detail_.data(), detail_.size(), "%s: %s", with_what,
                reason != nullptr ? reason : "cannot be used");
  ERR_clear_error();
  SSL_CTX_free(std::exchange(context_, nullptr));
  return {0, ERR_GET_REASON(why) == ERR_R_MALLOC_FAILURE ? Errc::kResource : Errc::kInvalid, 0};
}

}  // namespace tare::io::tls_handshake
