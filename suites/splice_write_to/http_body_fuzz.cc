// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry: any bytes as a body in chunks, in any pieces; the reader must say what whoever
// looks at the whole text at once says.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "suites/splice_write_to/fuzz.h"
#include "suites/splice_write_to/programs/http_body.h"

namespace tare::suites::splice_write_to {
namespace {

using Step = ChunkReader::Step;

constexpr std::string_view kDigits = "0123456789abcdefABCDEF";

struct Read {
  Step step = Step::kMore;  // never kData
  std::string body;
  size_t used = 0;  // of one that is whole

  bool operator==(const Read&) const = default;
};

Read ReadAll(Cutter text) {
  ChunkReader reader;
  Read read;
  uint64_t left = 0;  // of a chunk
  std::string_view piece;
  while (read.step == Step::kMore && !(text.empty() && piece.empty())) {
    if (piece.empty()) piece = text.Next();
    const size_t before = piece.size();
    if (left > 0) {
      const std::string_view data = piece.substr(0, std::min<uint64_t>(left, before));
      read.body += data;
      left -= data.size();
      piece.remove_prefix(data.size());
    } else {
      const Step step = reader.Take(piece);
      Require(step != Step::kMore || piece.empty(), "bytes were left although more is needed");
      Require((step == Step::kFailed) == (reader.why() != nullptr), "failed without a reason");
      if (step == Step::kData) {
        left = reader.size();
        Require(left > 0 && left <= kMostLength, "a chunk of no size that there is");
      } else {
        read.step = step;
      }
    }
    read.used += before - piece.size();
  }
  return read;
}

// Whether it is a line with a size, its end included, however long; the chunk's is `size`.
bool IsSizeLine(std::string_view line, uint64_t& size) {
  if (!line.ends_with("\r\n")) return false;
  line.remove_suffix(2);
  const size_t digits = std::min(line.find_first_not_of(kDigits), line.size());
  const std::string_view number = line.substr(0, digits);
  const std::string_view significant =
      number.substr(std::min(number.find_first_not_of('0'), number.size()));
  if (digits == 0 || significant.size() > 16 ||
      (significant.size() == 16 && significant[0] > '7')) {
    return false;
  }
  size = significant.empty() ? 0 : std::stoull(std::string(significant), nullptr, 16);
  line.remove_prefix(digits);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.empty()) return true;
  return line[0] == ';' && std::all_of(line.begin(), line.end(), [](char c) {
           const auto u = static_cast<unsigned char>(c);
           return u == '\t' || (u >= ' ' && u != 0x7f);
         });
}

// Whether `text`, which has no line end, may become such a line.
bool MayBecomeSizeLine(std::string_view text) {
  std::string line(text);
  if (line.empty()) line.push_back('0');
  if (!line.ends_with('\r')) line.push_back('\r');
  line.push_back('\n');
  uint64_t size = 0;
  return IsSizeLine(line, size);
}

// The lines behind the last chunk.
Step Trailers(std::string_view text, size_t& used) {
  for (size_t i = 0, begin = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool after_return = i > 0 && text[i - 1] == '\r';
    const bool is_text = c == '\t' || c == '\r' || c == '\n' || (c >= ' ' && c != 0x7f);
    if (i == ChunkReader::kMostTrailers || after_return != (c == '\n') || !is_text) {
      return Step::kFailed;
    }
    if (c != '\n') continue;
    if (i == begin + 1) {
      used += i + 1;
      return Step::kEnd;
    }
    begin = i + 1;
  }
  return Step::kMore;
}

Read Naive(std::string_view text) {
  Read read;
  for (;;) {
    const size_t feed = text.find('\n');
    if (feed == std::string_view::npos) {
      const bool fits = text.size() <= ChunkReader::kMostLine && MayBecomeSizeLine(text);
      read.step = fits ? Step::kMore : Step::kFailed;
      return read;
    }
    uint64_t size = 0;
    const std::string_view line = text.substr(0, feed + 1);
    if (line.size() > ChunkReader::kMostLine || !IsSizeLine(line, size)) {
      read.step = Step::kFailed;
      return read;
    }
    text.remove_prefix(line.size());
    read.used += line.size();
    if (size == 0) {
      read.step = Trailers(text, read.used);
      return read;
    }
    const std::string_view data = text.substr(0, std::min<uint64_t>(size, text.size()));
    read.body += data;
    text.remove_prefix(data.size());
    read.used += data.size();
    if (data.size() < size) return read;
    const std::string_view end = text.substr(0, 2);
    if (end != "\r\n") {
      read.step = end.empty() || end == "\r" ? Step::kMore : Step::kFailed;
      return read;
    }
    text.remove_prefix(2);
    read.used += 2;
  }
}

}  // namespace
}  // namespace tare::suites::splice_write_to

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tare::suites::splice_write_to;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Read whole = ReadAll({text, 0});
  const Read read = ReadAll(Cutter(text));
  Require(read == whole, "pieces change what is read");
  const Read naive = Naive(text);
  Require(read.step == naive.step, "another end");
  Require(read.body == naive.body, "another body");
  Require(read.step != Step::kEnd || read.used == naive.used, "another place of the end");
  return 0;
}
