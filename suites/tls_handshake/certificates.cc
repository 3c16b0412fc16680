// SPDX-License-Identifier: Apache-2.0
// X.509 by OpenSSL: an authority that signs itself, and what it vouches for.
#include "suites/tls_handshake/certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <map>
#include <tuple>
#include <utility>

#include "impl/base/check.h"

namespace tare::suites::tls_handshake {
namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

template <class Write>
std::string Pem(Write write) {
  const std::unique_ptr<BIO, Free> out(BIO_new(BIO_s_mem()));
  TARE_CHECK(write(out.get()) == 1);
  char* text = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(out.get(), &text));
  return {text, size};
}
std::string PemOf(const Certificate& c) {
  return Pem([&](BIO* out) { return PEM_write_bio_X509(out, c.get()); });
}
std::string PemOf(const Key& k) {
  return Pem([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, k.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

void Add(X509* to, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> e(
      X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
  TARE_CHECK(e != nullptr && X509_add_ext(to, e.get(), -1) == 1);
}

class Authority {
 public:
  explicit Authority(const std::string& name) : key_(EVP_EC_gen("P-256")) {
    certificate_ = Make(name, key_, nullptr, -3600, 24 * 3600);
    Add(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    Add(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign");
    Sign(certificate_);
  }

  // Good between these seconds from now.
  Identity Issue(const std::string& name, long from = -3600, long until = 24 * 3600,
                 const std::string& comment = "") const {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate c = Make(name, key, certificate_.get(), from, until);
    Add(c.get(), certificate_.get(), NID_subject_alt_name, "DNS:" + name + ",IP:127.0.0.1");
    if (!comment.empty()) Add(c.get(), certificate_.get(), NID_netscape_comment, comment);
    Sign(c);
    return {PemOf(c), PemOf(key)};
  }
  std::string pem() const { return PemOf(certificate_); }

 private:
  static Certificate Make(const std::string& name, const Key& key, X509* issuer, long from,
                          long until) {
    static long serial = 1;
    Certificate c(X509_new());
    X509_set_version(c.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(c.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(c.get()), until);
    X509_NAME* const subject = X509_get_subject_name(c.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(c.get(), issuer != nullptr ? X509_get_subject_name(issuer) : subject);
    X509_set_pubkey(c.get(), key.get());
    return c;
  }
  void Sign(const Certificate& c) const {
    TARE_CHECK(X509_sign(c.get(), key_.get(), EVP_sha256()) > 0);
  }

  const Key key_;
  Certificate certificate_;
};

Settings Only(Role role, Version version) {
  Settings s;
  s.role = role;
  s.least = s.most = version;
  return s;
}

}  // namespace

Certificates::Certificates() {
  const std::string name(kServerName);
  const Authority known("tare's authority"), nobodys("somebody");
  authority = known.pem();
  server = known.Issue(name);
  other_name = known.Issue("other.test");
  expired = known.Issue(name, -2 * 24 * 3600, -24 * 3600);
  unknown = nobodys.Issue(name);
  client = known.Issue("a client");
  long_one = known.Issue(name, -3600, 24 * 3600, std::string(45'000, 'x'));
}

const Certificates& Certificates::Get() {
  static const Certificates certificates;
  return certificates;
}

std::unique_ptr<Credentials> Open(const Settings& settings) {
  auto credentials = std::make_unique<Credentials>();
  TARE_CHECK(credentials->Open(settings).ok());
  return credentials;
}

const Credentials* ClientOf(Version version, Renegotiation renegotiation) {
  static std::map<std::pair<Version, Renegotiation>, std::unique_ptr<Credentials>> made;
  auto& one = made[{version, renegotiation}];
  if (one == nullptr) {
    Settings s = Only(Role::kClient, version);
    s.authorities = Certificates::Get().authority;
    s.renegotiation = renegotiation;
    one = Open(s);
  }
  return one.get();
}

const Credentials* ServerOf(Version version, const Identity& identity, int tickets) {
  static std::map<std::tuple<Version, std::string, int>, std::unique_ptr<Credentials>> made;
  auto& one = made[{version, identity.certificate, tickets}];
  if (one == nullptr) {
    Settings s = Only(Role::kServer, version);
    s.certificate = identity.certificate;
    s.key = identity.key;
    s.tickets = tickets;
    one = Open(s);
  }
  return one.get();
}

}  // namespace tare::suites::tls_handshake
