// SPDX-License-Identifier: Apache-2.0
// The body's end, from what the head says, and the lines between chunks.
#include "suites/splice_write_to/programs/http_body.h"

#include <charconv>

namespace tare::suites::splice_write_to {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// RFC 9110, 8.6: one number, perhaps several times.
Body ByLength(std::string_view list) {
  Body body{.framing = Framing::kLength};
  for (bool first = true, more = true; more; first = false) {
    const size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    const std::string_view one = Trimmed(list.substr(0, comma));
    if (more) list.remove_prefix(comma + 1);
    uint64_t length = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), length);
    if (error == std::errc::result_out_of_range || length > kMostLength) {
      body.why = "its Content-Length is 2^63 or more";
    } else if (error != std::errc() || end != one.data() + one.size()) {
      body.why = "its Content-Length is no number";
    } else if (!first && length != body.length) {
      body.why = "it has two Content-Lengths, which differ";
    }
    if (body.why != nullptr) return body;
    body.length = length;
  }
  return body;
}

bool IsChunked(std::string_view encoding) {
  constexpr std::string_view kChunked = "chunked";
  encoding = Trimmed(encoding);
  if (encoding.size() != kChunked.size()) return false;
  for (size_t i = 0; i < kChunked.size(); ++i) {
    const char c = encoding[i];
    if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != kChunked[i]) return false;
  }
  return true;
}

bool IsBlank(unsigned char c) {
  return c == ' ' || c == '\t';
}

// Whether it may stand in a line.
bool IsText(unsigned char c) {
  return c == '\t' || (c >= ' ' && c != 0x7F);
}

}  // namespace

Body JudgeBody(const BodyFields& fields) {
  // RFC 9112, 6.3, in its order.
  if (fields.status < 200 || fields.status == 204 || fields.status == 304) return {};
  if (fields.has_encoding) {
    Body body{.framing = Framing::kChunks};
    if (!IsChunked(fields.encoding)) {
      body.why = "its Transfer-Encoding is none that is known here, which is 'chunked'";
    } else if (fields.has_length) {
      body.why = "it has a Transfer-Encoding and a Content-Length, of which one is false";
    } else if (fields.minor == 0) {
      body.why = "it has a Transfer-Encoding, which HTTP/1.0 does not know";
    }
    return body;
  }
  if (fields.has_length) return ByLength(fields.length);
  return {.framing = Framing::kUntilClose};
}

ChunkReader::At ChunkReader::Fail(const char* why) {
  why_ = why;
  return At::kFailed;
}

ChunkReader::At ChunkReader::Digit(unsigned char c) {
  const bool decimal = c >= '0' && c <= '9';
  const auto lower = static_cast<unsigned char>(c | 0x20);
  if (!decimal && (lower < 'a' || lower > 'f')) return Fail("the size of a chunk is no number");
  if (size_ > kMostLength >> 4) return Fail("the size of a chunk is 2^63 or more");
  size_ = size_ << 4 | static_cast<unsigned>(decimal ? c - '0' : lower - 'a' + 10);
  return At::kSizeMore;
}

ChunkReader::At ChunkReader::Next(unsigned char c) {
  constexpr const char* kNoLineEnd = "a line between its chunks has no proper end";
  constexpr const char* kNoText = "a line between its chunks holds a control character";
  if (at_ == At::kDataEnd) {
    return c == '\r' ? At::kDataEndLf : Fail("a chunk is longer than its size says");
  }
  if (at_ == At::kDataEndLf) {
    line_ = size_ = 0;
    return c == '\n' ? At::kSize : Fail("a chunk is longer than its size says");
  }
  const bool in_trailers = at_ >= At::kTrailer;
  if (++line_ > (in_trailers ? kMostTrailers : kMostLine)) {
    return Fail(in_trailers ? "the lines behind its last chunk are longer than 65536 bytes"
                            : "the line with a chunk's size is longer than 4096 bytes");
  }
  switch (at_) {
    case At::kSize:
      return Digit(c);
    case At::kSizeMore:
      if (c == '\r') return At::kSizeEnd;
      if (c == ';') return At::kExtension;
      return IsBlank(c) ? At::kPadding : Digit(c);
    case At::kPadding:
      if (c == '\r') return At::kSizeEnd;
      if (c == ';') return At::kExtension;
      return IsBlank(c) ? At::kPadding : Fail("the size of a chunk is no number");
    case At::kExtension:
      if (c == '\r') return At::kSizeEnd;
      return IsText(c) ? At::kExtension : Fail(kNoText);
    case At::kSizeEnd:
      if (c != '\n') return Fail(kNoLineEnd);
      line_ = 0;
      return size_ > 0 ? At::kDataEnd : At::kTrailer;
    case At::kTrailer:
      if (c == '\r') return At::kEndLf;
      return IsText(c) ? At::kTrailerMore : Fail(kNoText);
    case At::kTrailerMore:
      if (c == '\r') return At::kTrailerEnd;
      return IsText(c) ? At::kTrailerMore : Fail(kNoText);
    case At::kTrailerEnd:
      return c == '\n' ? At::kTrailer : Fail(kNoLineEnd);
    case At::kEndLf:
      return c == '\n' ? At::kOver : Fail(kNoLineEnd);
    default:
      return at_;
  }
}

ChunkReader::Step ChunkReader::Take(std::string_view& bytes) {
  while (!bytes.empty() && at_ != At::kOver && at_ != At::kFailed) {
    const bool sized = at_ == At::kSizeEnd;
    at_ = Next(static_cast<unsigned char>(bytes.front()));
    bytes.remove_prefix(1);
    if (sized && at_ == At::kDataEnd) return Step::kData;
  }
  return at_ == At::kOver ? Step::kEnd : at_ == At::kFailed ? Step::kFailed : Step::kMore;
}

}  // namespace tare::suites::splice_write_to
