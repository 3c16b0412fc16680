// SPDX-License-Identifier: Apache-2.0
// Heads of HTTP 1.1 as far as an upgrade needs them; SHA-1, Base64 and the nonce are OpenSSL's.
#include "impl/ws_frames/handshake.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "impl/base/check.h"

namespace tare::io::ws_frames {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

char Lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool SameWord(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

bool IsTokenChar(char c) noexcept {
  return (Lower(c) >= 'a' && Lower(c) <= 'z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
}

std::string_view Trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts the part before `mark` off `rest`; all of it if there is none.
std::string_view Cut(std::string_view& rest, std::string_view mark) noexcept {
  const size_t at = rest.find(mark);
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at == rest.npos ? rest.size() : at + mark.size());
  return part;
}

// Whether a comma-separated list has the word, in whatever case.
bool HasWord(std::string_view list, std::string_view word) noexcept {
  while (!list.empty()) {
    if (SameWord(Trimmed(Cut(list, ",")), word)) return true;
  }
  return false;
}

// The fields of a head that matter here.
struct Fields {
  bool wrong = false;     // a line that is no field, or one field twice that may stand once
  bool upgrade = false;   // a list that has WebSocket in it, as a client may send it
  bool upgraded = false;  // WebSocket and nothing else, as a server must answer
  bool connection = false;
  bool body = false;
  int upgrades = 0;
  int hosts = 0;
  int keys = 0;
  int accepts = 0;
  int versions = 0;
  int protocol_lines = 0;
  std::string_view key, accept, version, protocols, extensions;
};

Fields FieldsOf(std::string_view lines) noexcept {
  Fields fields;
  while (!lines.empty() && !fields.wrong) {
    std::string_view value = Cut(lines, "\r\n");
    if (value.empty()) break;
    const size_t size = value.size();
    const std::string_view name = Cut(value, ":");
    // A name of no characters, a space before the colon, a line folded into the next: all refused.
    fields.wrong = name.empty() || name.size() == size ||
                   !std::all_of(name.begin(), name.end(), IsTokenChar) ||
                   std::any_of(value.begin(), value.end(), [](char c) {
                     return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 127;
                   });
    value = Trimmed(value);
    if (SameWord(name, "upgrade")) {
      fields.upgrade = fields.upgrade || HasWord(value, "websocket");
      fields.upgraded = ++fields.upgrades == 1 && SameWord(value, "websocket");
    } else if (SameWord(name, "connection")) {
      fields.connection = fields.connection || HasWord(value, "upgrade");
    } else if (SameWord(name, "host")) {
      fields.wrong = fields.wrong || ++fields.hosts > 1;
    } else if (SameWord(name, "sec-websocket-key")) {
      fields.key = value;
      fields.wrong = fields.wrong || ++fields.keys > 1;
    } else if (SameWord(name, "sec-websocket-accept")) {
      fields.accept = value;
      fields.wrong = fields.wrong || ++fields.accepts > 1;
    } else if (SameWord(name, "sec-websocket-version")) {
      fields.version = ++fields.versions == 1 ? value : "twice";
    } else if (SameWord(name, "sec-websocket-protocol")) {
      if (++fields.protocol_lines == 1) fields.protocols = value;
    } else if (SameWord(name, "sec-websocket-extensions")) {
      fields.extensions = value.empty() ? "empty" : value;
    } else if (SameWord(name, "transfer-encoding")) {
      fields.body = true;
    } else if (SameWord(name, "content-length")) {
      fields.body = fields.body || value != "0";
    }
  }
  return fields;
}

// Whether it is 16 bytes in Base64. OpenSSL takes padding anywhere.
bool IsKey(std::string_view key) noexcept {
  if (key.size() != 24 || key.find('=') != 22 || key[23] != '=') return false;
  unsigned char bytes[18];
  return EVP_DecodeBlock(bytes, reinterpret_cast<const unsigned char*>(key.data()), 24) == 18;
}

// One piece after the other into a bounded place.
size_t Write(std::span<char> to, std::initializer_list<std::string_view> pieces) noexcept {
  size_t size = 0;
  for (const std::string_view piece : pieces) {
    if (piece.size() > to.size() - size) return 0;
    std::copy(piece.begin(), piece.end(), to.begin() + static_cast<std::ptrdiff_t>(size));
    size += piece.size();
  }
  return size;
}

bool FitsIntoALine(std::string_view name) noexcept {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 127; });
}

// A path, or an absolute URI of HTTP; without a fragment (RFC 6455, 3 and 4.2.1).
bool IsResource(std::string_view name) noexcept {
  if (!FitsIntoALine(name) || name.find('#') != name.npos) return false;
  return name.front() == '/' || SameWord(name.substr(0, 7), "http://") ||
         SameWord(name.substr(0, 8), "https://");
}

}  // namespace

bool NewKey(Key& key) noexcept {
  unsigned char bytes[16];
  unsigned char text[25];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  TARE_CHECK(EVP_EncodeBlock(text, bytes, sizeof bytes) == static_cast<int>(key.size()));
  std::memcpy(key.data(), text, key.size());
  return true;
}

AcceptKey AcceptOf(std::string_view key) noexcept {
  unsigned char both[64 + kGuid.size()];
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned char text[29];
  TARE_CHECK(key.size() <= 64);
  std::memcpy(both, key.data(), key.size());
  std::memcpy(both + key.size(), kGuid.data(), kGuid.size());
  unsigned int size = 0;
  TARE_CHECK(EVP_Digest(both, key.size() + kGuid.size(), digest, &size, EVP_sha1(), nullptr) == 1);
  TARE_CHECK(EVP_EncodeBlock(text, digest, static_cast<int>(size)) == 28);
  AcceptKey accept;
  std::memcpy(accept.data(), text, accept.size());
  return accept;
}

size_t HeadSize(std::span<const std::byte> bytes) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t end = text.find("\r\n\r\n");
  return end == text.npos ? 0 : end + 4;
}

Request JudgeRequest(std::string_view head) noexcept {
  Request request;
  std::string_view line = Cut(head, "\r\n");
  const std::string_view method = Cut(line, " ");
  request.resource = Cut(line, " ");
  const Fields fields = FieldsOf(head);
  request.protocols = fields.protocols;
  if (line != "HTTP/1.1") {
    request.status = line.substr(0, 5) == "HTTP/" ? 505 : 400;
  } else if (method != "GET") {
    request.status = 405;
  } else if (fields.wrong || fields.body || !IsResource(request.resource) || fields.hosts != 1 ||
             !fields.upgrade || !fields.connection || !IsKey(fields.key)) {
    request.status = 400;
  } else if (fields.version != "13") {
    request.status = 426;
  } else {
    request.status = 101;
    request.accept = AcceptOf(fields.key);
  }
  return request;
}

const char* WhyNotUpgraded(std::string_view head, const Key& key) noexcept {
  const std::string_view line = Cut(head, "\r\n");
  if (line.substr(0, 12) != "HTTP/1.1 101" || (line.size() > 12 && line[12] != ' ')) {
    return "the status is not 101";
  }
  const Fields fields = FieldsOf(head);
  if (fields.wrong) return "a header line that is none, or one too many";
  if (!fields.upgraded) return "no Upgrade: websocket";
  if (!fields.connection) return "no Connection: Upgrade";
  const AcceptKey accept = AcceptOf({key.data(), key.size()});
  if (fields.accept != std::string_view(accept.data(), accept.size())) {
    return "a wrong Sec-WebSocket-Accept";
  }
  if (!fields.extensions.empty()) return "an extension that was not offered";
  if (fields.protocol_lines > 0) return "a protocol that was not offered";
  return nullptr;
}

size_t WriteRequest(std::span<char> to, std::string_view host, std::string_view resource,
                    const Key& key) noexcept {
  if (!FitsIntoALine(host) || !FitsIntoALine(resource)) return 0;
  return Write(to, {"GET ",
                    resource,
                    " HTTP/1.1\r\nHost: ",
                    host,
                    "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ",
                    {key.data(), key.size()},
                    "\r\nSec-WebSocket-Version: 13\r\n\r\n"});
}

size_t WriteResponse(std::span<char> to, const Request& request) noexcept {
  if (request.status == 101) {
    return Write(to, {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Accept: ",
                      {request.accept.data(), request.accept.size()},
                      "\r\n\r\n"});
  }
  const std::string_view status = request.status == 426   ? "426 Upgrade Required"
                                  : request.status == 405 ? "405 Method Not Allowed"
                                  : request.status == 505 ? "505 HTTP Version Not Supported"
                                                          : "400 Bad Request";
  // What a client may do instead (RFC 9110, 15.5.6 and 15.5.22).
  const std::string_view instead = request.status == 426
                                       ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                   : request.status == 405 ? "Allow: GET\r\n"
                                                           : "";
  const std::string_view connection = request.status == 426 ? "close, Upgrade" : "close";
  return Write(to, {"HTTP/1.1 ", status, "\r\n", instead, "Connection: ", connection,
                    "\r\nContent-Length: 0\r\n\r\n"});
}

}  // namespace tare::io::ws_frames
