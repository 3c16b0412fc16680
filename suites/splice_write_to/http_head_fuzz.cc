// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry: any bytes as the head of a response, in any pieces, and as a URL; the reader
// must say what whoever looks at the whole text at once says.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "suites/splice_write_to/fuzz.h"
#include "suites/splice_write_to/programs/http_body.h"
#include "suites/splice_write_to/programs/http_head.h"

namespace tare::suites::splice_write_to {
namespace {

using Step = HeadReader::Step;

struct Heard {
  Step step = Step::kMore;
  size_t used = 0;  // bytes up to the body, of one that is whole
  Response response;
  const char* why = nullptr;
};

Heard Hear(Cutter text) {
  HeadReader reader;
  Heard heard;
  while (!text.empty() && heard.step == Step::kMore) {
    std::string_view piece = text.Next();
    const size_t size = piece.size();
    heard.step = reader.Take(piece);
    Require(heard.step != Step::kMore || piece.empty(), "bytes were left although more is needed");
    heard.used += size - piece.size();
  }
  heard.response = reader.response();
  heard.why = reader.why();
  Require((heard.why != nullptr) == (heard.step == Step::kFailed), "failed without a reason");
  Require(heard.used <= HeadReader::kMostHead + 1, "more was taken than a head may have");
  return heard;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::string Lower(std::string_view text) {
  std::string lower;
  for (const char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return lower;
}

// '#' is a digit.
bool Fits(std::string_view text, std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    const bool digit = i < text.size() && text[i] >= '0' && text[i] <= '9';
    if (i >= text.size() || (pattern[i] == '#' ? !digit : text[i] != pattern[i])) return false;
  }
  return true;
}

struct Field {
  std::string name;
  std::string_view value;
};
struct NaiveHead {
  int status = 0;
  int minor = 0;
  std::string_view reason;
  std::vector<Field> fields;
};

bool IsStatusLine(std::string_view line, NaiveHead& head) {
  if (!Fits(line, "HTTP/1.# ###") || line[9] < '1' || line[9] > '5') return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  head.minor = line[7] - '0';
  head.status = std::stoi(std::string(line.substr(9, 3)));
  head.reason = Trimmed(line.substr(12));
  return true;
}

bool IsField(std::string_view line, NaiveHead& head) {
  constexpr std::string_view kToken =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const size_t colon = line.find_first_not_of(kToken);
  if (colon == 0 || colon == std::string_view::npos || line[colon] != ':') return false;
  head.fields.push_back({Lower(line.substr(0, colon)), Trimmed(line.substr(colon + 1))});
  return true;
}

// Where the text stops being lines of a head, whatever they say.
size_t Readable(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool after_return = i > 0 && text[i - 1] == '\r';
    const bool is_text = c == '\t' || c == '\r' || c == '\n' || (c >= ' ' && c != 0x7f);
    if (i == HeadReader::kMostHead || after_return != (c == '\n') || !is_text) return i;
  }
  return text.size();
}

// Framing and length, or that they are malformed.
void CheckBody(const NaiveHead& head, const Body& body) {
  std::vector<std::string_view> lengths;
  std::vector<std::string_view> encodings;
  for (const Field& field : head.fields) {
    if (field.name == "transfer-encoding") encodings.push_back(field.value);
    if (field.name != "content-length") continue;
    std::string_view list = field.value;
    for (size_t comma; (comma = list.find(',')) != std::string_view::npos;) {
      lengths.push_back(list.substr(0, comma));
      list.remove_prefix(comma + 1);
    }
    lengths.push_back(list);
  }
  if (head.status < 200 || head.status == 204 || head.status == 304) {
    return Require(body.framing == Framing::kNothing && body.why == nullptr, "a body of nothing");
  }
  if (!encodings.empty()) {
    const bool good = encodings.size() == 1 && Lower(encodings[0]) == "chunked" &&
                      lengths.empty() && head.minor > 0;
    return Require(body.framing == Framing::kChunks && (body.why == nullptr) == good,
                   "a body by its Transfer-Encoding");
  }
  if (lengths.empty()) {
    return Require(body.framing == Framing::kUntilClose && body.why == nullptr, "until close");
  }
  bool good = true;
  unsigned __int128 all = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const std::string_view one = Trimmed(lengths[i]);
    good = good && !one.empty() && one.find_first_not_of("0123456789") == std::string_view::npos;
    unsigned __int128 length = 0;
    for (size_t k = 0; good && k < one.size(); ++k) {
      length = length * 10 + static_cast<unsigned>(one[k] - '0');
      good = length <= kMostLength;
    }
    if (i == 0) all = length;
    good = good && length == all;
  }
  Require(body.framing == Framing::kLength && (body.why == nullptr) == good, "its Content-Length");
  Require(!good || body.length == all, "another length");
}

// The text taken line by line, whole.
void CheckWhole(std::string_view text, const Heard& heard) {
  const size_t readable = Readable(text);
  NaiveHead head;
  for (size_t at = 0;;) {
    const size_t end = text.substr(0, readable).find("\r\n", at);
    if (end == std::string_view::npos) break;
    const std::string_view line = text.substr(at, end - at);
    at = end + 2;
    if (head.status == 0) {
      if (!IsStatusLine(line, head)) return Require(heard.step == Step::kFailed, "a status line");
    } else if (!line.empty()) {
      if (!IsField(line, head)) return Require(heard.step == Step::kFailed, "no field");
    } else if (head.status < 200 && head.status != 101) {
      head = {};
    } else {
      Require(heard.step == Step::kDone && heard.used == at, "the head ends here");
      Require(heard.response.status == head.status, "another status");
      Require(heard.response.reason == head.reason, "another reason");
      std::string_view location;
      for (const Field& field : head.fields) {
        if (field.name == "location") location = field.value;
      }
      Require(heard.response.location == location, "another location");
      return CheckBody(head, heard.response.body);
    }
  }
  Require(heard.step == (readable < text.size() ? Step::kFailed : Step::kMore),
          "a head without an end");
}

// A URL that is taken makes a request of five lines, whatever it holds.
void CheckUrl(std::string_view text) {
  Url url;
  if (ToUrl(text, url) != nullptr) return;
  Require(!url.host.empty() && url.resource.starts_with("/"), "no host, or no resource");
  const int port = std::stoi(url.port);
  Require(port >= 1 && port <= 65535, "a port that is none");
  const std::string request = RequestFor(url);
  int lines = 0;
  for (size_t at = 0; (at = request.find('\n', at)) != std::string::npos; ++at) ++lines;
  Require(lines == 6 && request.ends_with("\r\n\r\n"), "a request of other lines");
  Require(request.find("\r\n") == request.find(" HTTP/1.1\r\n") + 9, "a first line of other words");
}

}  // namespace
}  // namespace tare::suites::splice_write_to

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tare::suites::splice_write_to;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Heard whole = Hear({text, 0});
  const Heard heard = Hear(Cutter(text));
  Require(heard.step == whole.step && heard.used == whole.used && heard.why == whole.why,
          "pieces change what is heard");
  CheckWhole(text, heard);
  CheckUrl(text);
  return 0;
}
