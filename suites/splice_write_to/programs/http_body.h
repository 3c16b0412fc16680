// SPDX-License-Identifier: Apache-2.0
// Where the body of a response ends (RFC 9112, 6 and 7), and what of it may be spliced.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace tare::suites::splice_write_to {

enum class Framing : uint8_t {
  kNothing,     // there is none
  kLength,      // as many bytes as Content-Length says
  kChunks,      // Transfer-Encoding: chunked
  kUntilClose,  // all that comes
};

// The rule. What may go from the connection into the file by the kernel alone is what stands in the
// stream as it is to stand in the file, in one piece whose end is known, or ends with the stream:
// a body by its length, one until close, and of one in chunks what each chunk holds. The lines
// between the chunks are no part of the body, and are read. Nothing of an encrypted stream may, for
// what the socket holds is ciphertext.
constexpr bool MayBeSpliced(Framing framing, bool encrypted) {
  return framing != Framing::kNothing && !encrypted;
}

// What a head says that the body's end depends on.
struct BodyFields {
  int status = 0;
  int minor = 1;  // of HTTP/1.x
  bool has_length = false;
  bool has_encoding = false;
  std::string length{};    // Content-Length, all of them with commas between
  std::string encoding{};  // Transfer-Encoding, likewise
};
struct Body {
  Framing framing = Framing::kNothing;
  uint64_t length = 0;        // of kLength
  const char* why = nullptr;  // what is wrong with what the head says; lives for ever
};
Body JudgeBody(const BodyFields& fields);

// Lengths beyond are refused: counts are signed.
inline constexpr uint64_t kMostLength = std::numeric_limits<int64_t>::max();

// What stands between the data of chunks, taken off a stream that comes in pieces of any size.
class ChunkReader {
 public:
  enum class Step : uint8_t {
    kMore,    // all of it was taken, and more is needed
    kData,    // a chunk of size() bytes, 1 or more, follows, which are the caller's to take away
    kEnd,     // the body is over, trailers and all
    kFailed,  // why() says what is wrong, for good
  };
  // Of a line with a size, and of all lines behind the last chunk; longer ones are refused.
  static constexpr uint64_t kMostLine = 4096;
  static constexpr uint64_t kMostTrailers = 65536;

  // Cuts off the front of `bytes` what it has understood.
  Step Take(std::string_view& bytes);

  uint64_t size() const { return size_; }
  const char* why() const { return why_; }

 private:
  enum class At : uint8_t {
    kSize,       // a digit must come
    kSizeMore,   // or the end of the size
    kPadding,    // behind the size
    kExtension,  // whatever stands behind a semicolon
    kSizeEnd,    // its line feed
    kDataEnd,    // the line end behind a chunk's data
    kDataEndLf,
    kTrailer,  // at the beginning of a line
    kTrailerMore,
    kTrailerEnd,  // its line feed
    kEndLf,       // that of the empty line
    kOver,
    kFailed,
  };

  // Of one byte: where to go on.
  At Next(unsigned char c);
  At Digit(unsigned char c);
  At Fail(const char* why);

  At at_ = At::kSize;
  uint64_t size_ = 0;
  uint64_t line_ = 0;  // bytes since the line with the size, or the trailers, began
  const char* why_ = nullptr;
};

}  // namespace tare::suites::splice_write_to
