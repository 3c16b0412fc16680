// SPDX-License-Identifier: Apache-2.0
// One SSL of OpenSSL's, and a BIO over the engine's buffers.
#include "impl/tls_handshake/engine.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>
#include <utility>

#include "impl/base/check.h"

namespace tare::io::tls_handshake {

// Reads from `in_`, and writes into `out_`, as much as there is.
struct Engine::Transport {
  static int Read(BIO* bio, char* to, int size) {
    Engine& e = *static_cast<Engine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (e.flooded()) return -1;
    const size_t n = std::min(static_cast<size_t>(size), e.in_end_ - e.in_begin_);
    if (n > 0) {
      std::memcpy(to, e.in_.data() + e.in_begin_, n);
      e.Look(e.in_.data() + e.in_begin_, n);
      e.in_begin_ += n;
      return static_cast<int>(n);
    }
    if (e.input_ended_) {
      e.met_end_ = true;
      return 0;
    }
    BIO_set_retry_read(bio);
    return -1;
  }

  static int Write(BIO* bio, const char* from, int size) {
    Engine& e = *static_cast<Engine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const size_t n = std::min(static_cast<size_t>(size), e.out_room());
    if (n > 0) {
      std::memcpy(e.out_.data() + e.out_end_, from, n);
      e.out_end_ += n;
      return static_cast<int>(n);
    }
    BIO_set_retry_write(bio);
    return -1;
  }

  // An end that is not told by BIO_CTRL_EOF makes no alert: there is nobody who would hear it.
  static long Control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

  static int Create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  // One for the process, never given back. Null if there was no memory.
  static const BIO_METHOD* Method() noexcept {
    static const BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tare engine");
      if (made == nullptr) return made;
      BIO_meth_set_read(made, &Read);
      BIO_meth_set_write(made, &Write);
      BIO_meth_set_ctrl(made, &Control);
      BIO_meth_set_create(made, &Create);
      return made;
    }();
    return method;
  }
};

namespace {

// Who the server must be. False if the library does not take it.
bool Expect(SSL* ssl, std::string_view name) noexcept {
  char text[256];
  if (name.size() >= sizeof(text) || name.find('\0') != name.npos) return false;
  std::memcpy(text, name.data(), name.size());
  text[name.size()] = '\0';
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, text) == 1) return true;
  ERR_clear_error();
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(wanted, text, name.size()) == 1 &&
         SSL_set_tlsext_host_name(ssl, text) == 1;
}

// Whether one of the errors that the library has noted is that there is no memory; the first of
// them.
unsigned long TakeErrors(bool& no_memory) noexcept {
  const unsigned long first = ERR_peek_error();
  no_memory = false;
  while (const unsigned long error = ERR_get_error()) {
    no_memory = no_memory || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  }
  return first;
}

}  // namespace

Result Engine::Open(const Credentials& credentials, std::string_view name) noexcept {
  TARE_CHECK(ssl_ == nullptr && credentials.context() != nullptr);
  ERR_clear_error();
  in_begin_ = in_end_ = out_begin_ = out_end_ = 0;
  records_ = useful_ = body_left_ = header_has_ = 0;
  finished_ = starving_ = input_ended_ = met_end_ = false;
  again_ =
      credentials.role() == Role::kClient && credentials.renegotiation() != Renegotiation::kNever;
  once_ = credentials.renegotiation() == Renegotiation::kOnce;
  end_ = failed_ = {};
  detail_[0] = '\0';
  const BIO_METHOD* const method = Transport::Method();
  ssl_ = method == nullptr ? nullptr : SSL_new(credentials.context());
  BIO* const bio = ssl_ == nullptr ? nullptr : BIO_new(method);
  Result r;
  if (bio == nullptr) {
    r.err = Errc::kResource;
  } else {
    BIO_set_data(bio, this);
    SSL_set_bio(ssl_, bio, bio);
    const bool client = credentials.role() == Role::kClient;
    client ? SSL_set_connect_state(ssl_) : SSL_set_accept_state(ssl_);
    const bool verifies = client && credentials.verifies();
    if (name.empty() ? verifies : client && !Expect(ssl_, name)) r.err = Errc::kInvalid;
  }
  if (!r.ok()) Close();
  ERR_clear_error();
  return r;
}

void Engine::Close() noexcept {
  SSL_free(std::exchange(ssl_, nullptr));
}

template <class Call>
Step Engine::Ask(Call call) noexcept {
  if (!failed_.ok()) return {failed_};
  // What another connection has left on this thread is not about this one.
  ERR_clear_error();
  const int ret = call();
  return ret > 0 ? Step{} : Why(ret);
}

Step Engine::Handshake() noexcept {
  const Step step = Ask([this] { return SSL_do_handshake(ssl_); });
  if (step.need == Need::kNothing && step.result.ok()) {
    finished_ = true;
    useful_ = records_;
  }
  return step;
}

Step Engine::Read(std::span<std::byte> to) noexcept {
  if (starving_ && failed_.ok()) return {{}, Need::kInput};
  size_t n = 0;
  Step step = Ask([&] { return SSL_read_ex(ssl_, to.data(), to.size(), &n); });
  if (n > 0) {
    step.result.n = static_cast<int64_t>(n);
    useful_ = records_;
  }
  const bool empty = in_begin_ == in_end_ && !input_ended_;
  starving_ = empty && (step.need == Need::kInput || (n > 0 && SSL_pending(ssl_) == 0));
  return step;
}

Step Engine::Peek() noexcept {
  std::byte one{};
  size_t n = 0;
  return Ask([&] { return SSL_peek_ex(ssl_, &one, 1, &n); });
}

Step Engine::Write(std::span<const std::byte> from) noexcept {
  if (failed_.ok() && out_room() < kRecord) return {{}, Need::kRoom};
  size_t n = 0;
  Step step = Ask([&] { return SSL_write_ex(ssl_, from.data(), from.size(), &n); });
  step.result.n = static_cast<int64_t>(n);
  return step;
}

Step Engine::Shutdown() noexcept {
  constexpr size_t kAlert = 512;  // at most, as a record
  if (failed_.ok() && out_room() < kAlert) return {{}, Need::kRoom};
  // 0: the peer has not said it yet.
  return Ask([this] { return SSL_shutdown(ssl_) >= 0 ? 1 : -1; });
}

Step Engine::UpdateKeys(bool ask) noexcept {
  if (failed_.ok() && version() != Version::kTls13) return {{0, Errc::kInvalid, 0}};
  if (failed_.ok() && out_room() < kRecord) return {{}, Need::kRoom};
  return Ask([&] {
    const int ret =
        SSL_key_update(ssl_, ask ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    return ret == 1 ? SSL_do_handshake(ssl_) : ret;
  });
}

std::span<std::byte> Engine::Room() noexcept {
  if (in_begin_ == in_end_) in_begin_ = in_end_ = 0;
  return std::span(in_).subspan(in_end_);
}

void Engine::Received(size_t n) noexcept {
  TARE_CHECK(n <= in_.size() - in_end_);
  in_end_ += n;
  starving_ = starving_ && n == 0;
}

void Engine::InputEnds(Result why) noexcept {
  input_ended_ = true;
  starving_ = false;
  end_ = {0, why.err == Errc::kEof ? Errc::kReset : why.err, why.os};
}

void Engine::Sent(size_t n) noexcept {
  TARE_CHECK(n <= out_end_ - out_begin_);
  out_begin_ += n;
  if (out_begin_ == out_end_) out_begin_ = out_end_ = 0;
}

bool Engine::shaking() const noexcept {
  if (!finished_ || !again_) return !finished_;
  return SSL_in_init(ssl_) != 0 && SSL_version(ssl_) != TLS1_3_VERSION;
}

Version Engine::version() const noexcept {
  return SSL_version(ssl_) == TLS1_3_VERSION ? Version::kTls13 : Version::kTls12;
}

// What the library asks for, or why it has failed.
Step Engine::Why(int ret) noexcept {
  const int error = SSL_get_error(ssl_, ret);
  // A handshake that was allowed once has begun.
  if (once_ && finished_ && shaking()) {
    once_ = false;
    SSL_set_options(ssl_, SSL_OP_NO_RENEGOTIATION);
  }
  switch (error) {
    case SSL_ERROR_WANT_READ:
      return {{}, Need::kInput};
    case SSL_ERROR_WANT_WRITE:
      return {{}, Need::kRoom};
    case SSL_ERROR_ZERO_RETURN:
      return {{0, Errc::kEof, 0}};
    default:
      break;
  }
  bool no_memory = false;
  const unsigned long first = TakeErrors(no_memory);
  if (no_memory) return Fail({0, Errc::kResource, 0}, "no memory");
  if (met_end_) return Fail(end_, "the peer's stream ended without a close_notify");
  if (flooded()) return Fail({0, Errc::kInvalid, 0}, "too many records that bring nothing");
  if (const long bad = SSL_get_verify_result(ssl_); bad != X509_V_OK && !finished_) {
    return Fail({0, Errc::kInvalid, 0}, X509_verify_cert_error_string(bad));
  }
  const char* const words = ERR_reason_error_string(first);
  return Fail({0, Errc::kInvalid, 0}, words != nullptr ? words : "the library does not say why");
}

Step Engine::Fail(Result why, const char* words) noexcept {
  failed_ = why;
  std::snprintf(detail_.data(), detail_.size(), "%s", words);
  return {failed_};
}

// At the boundaries of what the library reads.
void Engine::Look(const std::byte* data, size_t size) noexcept {
  while (size > 0) {
    size_t n = 1;
    if (body_left_ > 0) {
      n = std::min(size, body_left_);
      body_left_ -= n;
      if (body_left_ == 0) ++records_;
    } else {
      header_[header_has_++] = *data;
      if (header_has_ == header_.size()) {
        header_has_ = 0;
        body_left_ = std::to_integer<size_t>(header_[3]) << 8 | std::to_integer<size_t>(header_[4]);
        if (body_left_ == 0) ++records_;
      }
    }
    data += n;
    size -= n;
  }
}

}  // namespace tare::io::tls_handshake
