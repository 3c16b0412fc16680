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

constexpr const char* kWrongLine = "a header line that is none, or one too many";
constexpr const char* kNoUpgrade = "no Upgrade: websocket";
constexpr const char* kNoConnection = "no Connection: Upgrade";

// Which rule a request breaks that the status 400 is for; nullptr: none.
const char* WhyBad(std::string_view resource, const Fields& fields) noexcept {
  if (fields.wrong) return kWrongLine;
  if (fields.body) return "a body";
  if (!IsResource(resource)) return "a resource that is neither a path nor an absolute URI";
  if (fields.hosts == 0) return "no Host";
  if (!fields.upgrade) return kNoUpgrade;
  if (!fields.connection) return kNoConnection;
  if (!IsKey(fields.key)) return "no Sec-WebSocket-Key of 16 bytes in Base64";
  return nullptr;
}

struct StatusText {
  int status;
  std::string_view text;
};
constexpr StatusText kRefusals[] = {
    {400, "400 Bad Request"},
    {405, "405 Method Not Allowed"},
    {426, "426 Upgrade Required"},
    {431, "431 Request Header Fields Too Large"},
    {505, "505 HTTP Version Not Supported"},
};

std::string_view TextOf(int status) noexcept {
  for (const StatusText& one : kRefusals) {
    if (one.status == status) return one.text;
  }
  return kRefusals[0].text;
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
    const bool other = line.substr(0, 5) == "HTTP/";
    request.status = other ? 505 : 400;
    request.why = other ? "another HTTP than 1.1" : "no request line of HTTP";
  } else if (method != "GET") {
    request.status = 405;
    request.why = "another method than GET";
  } else if (request.why = WhyBad(request.resource, fields); request.why != nullptr) {
    request.status = 400;
  } else if (fields.version != "13") {
    request.status = 426;
    request.why = "another Sec-WebSocket-Version than 13";
  } else {
    request.status = 101;
    request.accept = AcceptOf(fields.key);
  }
  return request;
}

Status StatusOf(std::string_view head) noexcept {
  const std::string_view line = Cut(head, "\r\n");
  const auto is_digit = [&line](size_t at) { return line[at] >= '0' && line[at] <= '9'; };
  if (line.size() < 12 || line.substr(0, 7) != "HTTP/1." || !is_digit(7) || line[8] != ' ' ||
      !is_digit(9) || !is_digit(10) || !is_digit(11) || (line.size() > 12 && line[12] != ' ')) {
    return {};
  }
  const int code = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return {code, Trimmed(line.substr(12))};
}

const char* WhyNotUpgraded(std::string_view head, const Key& key) noexcept {
  const std::string_view line = Cut(head, "\r\n");
  const int code = StatusOf(line).code;
  if (code == 0) return "no status line of HTTP 1";
  if (code != 101) return "the status is not 101";
  if (line.substr(0, 8) != "HTTP/1.1") return "another HTTP than 1.1";
  const Fields fields = FieldsOf(head);
  if (fields.wrong) return kWrongLine;
  if (!fields.upgraded) return kNoUpgrade;
  if (!fields.connection) return kNoConnection;
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
  // What a client may do instead (RFC 9110, 15.5.6 and 15.5.22).
  const std::string_view instead = request.status == 426
                                       ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                   : request.status == 405 ? "Allow: GET\r\n"
                                                           : "";
  const std::string_view connection = request.status == 426 ? "close, Upgrade" : "close";
  return Write(to, {"HTTP/1.1 ", TextOf(request.status), "\r\n", instead,
                    "Connection: ", connection, "\r\nContent-Length: 0\r\n\r\n"});
}

}  // namespace tare::io::ws_frames
