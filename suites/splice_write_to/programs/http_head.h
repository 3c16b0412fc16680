// SPDX-License-Identifier: Apache-2.0
// A URL, the request that is made of it, and the head of the response (RFC 9112), within bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "suites/splice_write_to/programs/http_body.h"

namespace tare::suites::splice_write_to {

// Of http://host:port/path. A host of IPv6 stands without its brackets here.
struct Url {
  std::string host;
  std::string port;       // a number from 1 to 65535; 80 where the URL has none
  std::string authority;  // host and port as they stand in the URL
  std::string resource;   // path and query, at least "/"
};
// nullptr, or what is wrong with `text`, which lives for ever.
const char* ToUrl(std::string_view text, Url& url);

std::string RequestFor(const Url& url);

struct Response {
  int status = 0;
  std::string reason{};    // the words behind it
  std::string location{};  // Location, "" if there is none
  Body body{};
};

// Reads heads from a stream that comes in pieces of any size, until one is no interim response.
class HeadReader {
 public:
  enum class Step : uint8_t {
    kMore,    // all of it was taken, and more is needed
    kDone,    // response() is the response; `bytes` begins with the body
    kFailed,  // why() says what is wrong, for good
  };
  // Of all heads together; more is refused.
  static constexpr size_t kMostHead = 65536;

  // Cuts off the front of `bytes` what belongs to the head.
  Step Take(std::string_view& bytes);

  const Response& response() const { return response_; }
  const char* why() const { return why_; }

 private:
  // Of a line without its end; nullptr, or what is wrong with it.
  const char* TakeLine(std::string_view line);
  const char* TakeStatusLine(std::string_view line);
  const char* TakeField(std::string_view line);
  Step Fail(const char* why);

  Step step_ = Step::kMore;
  std::string line_;
  size_t size_ = 0;
  BodyFields fields_;
  Response response_;
  const char* why_ = nullptr;
};

}  // namespace tare::suites::splice_write_to
