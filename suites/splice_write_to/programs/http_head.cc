// SPDX-License-Identifier: Apache-2.0
// URLs, requests and heads, byte for byte.
#include "suites/splice_write_to/programs/http_head.h"

#include <algorithm>

#include "suites/support/program.h"

namespace tare::suites::splice_write_to {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// RFC 9110, 5.6.2.
bool IsTokenChar(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return IsDigit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kOthers.find(c) != std::string_view::npos;
}

// Whether it may stand in a line of a head.
bool IsText(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// A list that comes in several lines is one (RFC 9110, 5.3).
void Append(bool& has, std::string& list, std::string_view value) {
  if (has) list += ',';
  has = true;
  list += value;
}

}  // namespace

const char* ToUrl(std::string_view text, Url& url) {
  if (Lower(text.substr(0, 8)) == "https://") {
    return "TLS is not spoken here, and cannot be spliced; only http:// is";
  }
  if (Lower(text.substr(0, 7)) != "http://") return "is no URL that begins with http://";
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; })) {
    return "holds a space, or what is no ASCII; write it as %XX";
  }
  text = text.substr(0, text.find('#')).substr(7);
  const size_t slash = std::min(text.find_first_of("/?"), text.size());
  url.authority = text.substr(0, slash);
  url.resource = text.substr(slash);
  if (!url.resource.starts_with("/")) url.resource.insert(0, "/");
  if (url.authority.find('@') != std::string::npos) {
    return "holds a user's name, and nobody can log in here";
  }
  if (const char* why = SplitAuthority(url.authority, url.host, url.port)) return why;
  if (url.port.empty()) url.port = "80";
  uint64_t port = 0;
  if (!ToNumber(url.port, 65535, port) || port == 0) return "has no port from 1 to 65535";
  return nullptr;
}

std::string RequestFor(const Url& url) {
  return "GET " + url.resource + " HTTP/1.1\r\nHost: " + url.authority +
         "\r\nUser-Agent: tare-httpget\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

HeadReader::Step HeadReader::Fail(const char* why) {
  why_ = why;
  return step_ = Step::kFailed;
}

HeadReader::Step HeadReader::Take(std::string_view& bytes) {
  while (step_ == Step::kMore && !bytes.empty()) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    const bool after_return = line_.ends_with('\r');
    if (++size_ > kMostHead) return Fail("its head has no end within 65536 bytes");
    if (after_return != (c == '\n')) return Fail("a line of its head has no proper end");
    if (c != '\n') {
      if (c != '\r' && !IsText(c)) return Fail("its head holds a control character");
      line_ += c;
      continue;
    }
    line_.pop_back();
    if (const char* why = TakeLine(line_)) return Fail(why);
    line_.clear();
  }
  return step_;
}

const char* HeadReader::TakeLine(std::string_view line) {
  if (fields_.status == 0) return TakeStatusLine(line);
  if (!line.empty()) return TakeField(line);
  // An answer before the answer (RFC 9110, 15.2); 101 is none, and was not asked for.
  if (fields_.status < 200 && fields_.status != 101) {
    fields_ = {};
    response_ = {};
    return nullptr;
  }
  response_.body = JudgeBody(fields_);
  step_ = Step::kDone;
  return nullptr;
}

const char* HeadReader::TakeStatusLine(std::string_view line) {
  constexpr const char* kWrong = "it does not begin with a status line of HTTP/1";
  constexpr size_t kSize = 12;  // HTTP/1.1 200
  if (line.size() < kSize || !line.starts_with("HTTP/1.") || !IsDigit(line[7]) || line[8] != ' ' ||
      line[9] < '1' || line[9] > '5' || !IsDigit(line[10]) || !IsDigit(line[11]) ||
      (line.size() > kSize && line[kSize] != ' ')) {
    return kWrong;
  }
  fields_.minor = line[7] - '0';
  response_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  fields_.status = response_.status;
  response_.reason = Trimmed(line.substr(kSize));
  return nullptr;
}

const char* HeadReader::TakeField(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos ||
      !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), IsTokenChar)) {
    return "a line of its head is no field";
  }
  const std::string name = Lower(line.substr(0, colon));
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (name == "content-length") Append(fields_.has_length, fields_.length, value);
  if (name == "transfer-encoding") Append(fields_.has_encoding, fields_.encoding, value);
  if (name == "location") response_.location = value;
  return nullptr;
}

}  // namespace tare::suites::splice_write_to
