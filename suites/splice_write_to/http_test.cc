// SPDX-License-Identifier: Apache-2.0
// tare-httpget's URLs, heads and chunks: well-formed ones whole and split at every byte, malformed
// ones refused by their rule, and bounds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "suites/splice_write_to/programs/http_body.h"
#include "suites/splice_write_to/programs/http_head.h"

namespace tare::suites::splice_write_to {
namespace {

using testing::HasSubstr;

// `text` in two pieces, the second of which begins at `at`.
std::vector<std::string_view> Split(std::string_view text, size_t at) {
  return {text.substr(0, at), text.substr(at)};
}
// And byte for byte.
std::vector<std::string_view> Bytewise(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
  return pieces;
}

struct Heard {
  HeadReader reader;
  HeadReader::Step step = HeadReader::Step::kMore;
  std::string rest;  // what is left for the body
};
Heard Hear(const std::vector<std::string_view>& pieces) {
  Heard heard;
  for (std::string_view piece : pieces) {
    if (heard.step == HeadReader::Step::kMore) heard.step = heard.reader.Take(piece);
    if (heard.step == HeadReader::Step::kDone) heard.rest += piece;
  }
  return heard;
}

std::string WhyNot(std::string_view head) {
  std::string why;
  for (size_t at = 0; at <= head.size(); ++at) {
    const Heard heard = Hear(Split(head, at));
    const Body& body = heard.reader.response().body;
    std::string one = "nothing";
    if (heard.step == HeadReader::Step::kMore) one = "more";
    if (heard.step == HeadReader::Step::kFailed) one = heard.reader.why();
    if (heard.step == HeadReader::Step::kDone && body.why != nullptr) one = body.why;
    if (at == 0) why = one;
    EXPECT_EQ(one, why) << "split at " << at;
  }
  return why;
}

TEST(HttpUrl, PartsAreFound) {
  Url url;
  ASSERT_EQ(ToUrl("HTTP://localhost:8080/a/b?c#d", url), nullptr);
  EXPECT_EQ(url.host, "localhost");
  EXPECT_EQ(url.port, "8080");
  EXPECT_EQ(url.authority, "localhost:8080");
  EXPECT_EQ(url.resource, "/a/b?c");
  ASSERT_EQ(ToUrl("http://[::1]:1", url), nullptr);
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, "1");
  EXPECT_EQ(url.authority, "[::1]:1");
  EXPECT_EQ(url.resource, "/");
  ASSERT_EQ(ToUrl("http://127.0.0.1?q", url), nullptr);
  EXPECT_EQ(url.port, "80");
  EXPECT_EQ(url.resource, "/?q");
  EXPECT_EQ(RequestFor(url),
            "GET /?q HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: tare-httpget\r\nAccept: */*\r\n"
            "Connection: close\r\n\r\n");
}

TEST(HttpUrl, WhatIsNoneIsRefused) {
  for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
           {"", "is no URL that begins with http://"},
           {"ftp://h/", "is no URL"},
           {"https://h/", "TLS is not spoken here"},
           {"http:///a", "names no host"},
           {"http://:80/", "names no host"},
           {"http://::1/", "names no host"},
           {"http://[::1/", "without its ']'"},
           {"http://[::1]80/", "between ']' and the port"},
           {"http://h:0/", "no port from 1"},
           {"http://h:65536/", "no port from 1"},
           {"http://h:x/", "no port from 1"},
           {"http://h:1:2/", "no port from 1"},
           {"http://u@h/", "a user's name"},
           {"http://h/a b", "holds a space"},
           {"http://h/\r\nX: y", "holds a space"},
           {"http://h/\xC3\xA4", "no ASCII"}}) {
    Url url;
    const char* why = ToUrl(text, url);
    ASSERT_NE(why, nullptr) << text;
    EXPECT_THAT(why, HasSubstr(words)) << text;
  }
}

TEST(HttpHead, IsReadHoweverItIsSplit) {
  const std::string head =
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 7\r\n\r\n"
      "HTTP/1.1 200 All right\r\ncontent-LENGTH:\t 12 \r\nEmpty:\r\nX-Y: \xFF z\r\n\r\n";
  const auto check = [](const Heard& heard) {
    ASSERT_EQ(heard.step, HeadReader::Step::kDone);
    EXPECT_EQ(heard.reader.response().status, 200);
    EXPECT_EQ(heard.reader.response().reason, "All right");
    EXPECT_EQ(heard.reader.response().body.framing, Framing::kLength);
    EXPECT_EQ(heard.reader.response().body.length, 12u);
    EXPECT_EQ(heard.reader.response().body.why, nullptr);
    EXPECT_EQ(heard.rest, "body\r\n\r\nmore");
  };
  const std::string all = head + "body\r\n\r\nmore";
  for (size_t at = 0; at <= all.size(); ++at) check(Hear(Split(all, at)));
  check(Hear(Bytewise(all)));
}

TEST(HttpHead, SaysHowTheBodyEnds) {
  for (const auto& [fields, framing, length] :
       std::vector<std::tuple<std::string, Framing, uint64_t>>{
           {"", Framing::kUntilClose, 0},
           {"Content-Length: 0\r\n", Framing::kLength, 0},
           {"Content-Length: 9223372036854775807\r\n", Framing::kLength, INT64_MAX},
           {"Content-Length: 5, 5\r\nContent-Length: 05\r\n", Framing::kLength, 5},
           {"Transfer-Encoding: CHUNKED\r\n", Framing::kChunks, 0}}) {
    const Heard heard = Hear({"HTTP/1.1 200\r\n" + fields + "\r\n"});
    ASSERT_EQ(heard.step, HeadReader::Step::kDone) << fields;
    EXPECT_EQ(heard.reader.response().body.framing, framing) << fields;
    EXPECT_EQ(heard.reader.response().body.length, length) << fields;
    EXPECT_EQ(heard.reader.response().body.why, nullptr) << fields;
  }
  for (const char* status : {"204", "304", "101"}) {
    const Heard heard =
        Hear({"HTTP/1.1 " + std::string(status) + " x\r\nTransfer-Encoding: chunked\r\n\r\n"});
    EXPECT_EQ(heard.step, HeadReader::Step::kDone);
    EXPECT_EQ(heard.reader.response().body.framing, Framing::kNothing) << status;
  }
  const Heard moved = Hear({"HTTP/1.0 302 Found\r\nLocation: http://h/ \r\n\r\n"});
  EXPECT_EQ(moved.reader.response().location, "http://h/");
}

TEST(HttpHead, MalformedOnesAreRefusedHoweverTheyAreSplit) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const auto& [head, words] : std::vector<std::pair<std::string, std::string>>{
           {"", "more"},
           {ok + "A: b\r\n", "more"},
           {"\r\n" + ok + "\r\n", "status line"},
           {"HTTP/2 200 OK\r\n\r\n", "status line"},
           {"HTTP/1.1 600 OK\r\n\r\n", "status line"},
           {"HTTP/1.1 20 OK\r\n\r\n", "status line"},
           {"HTTP/1.1 2000\r\n\r\n", "status line"},
           {"ICY 200 OK\r\n\r\n", "status line"},
           {"HTTP/1.1 200 OK\n\n", "no proper end"},
           {"HTTP/1.1 200 OK\r\r\n\r\n", "no proper end"},
           {ok + "A: b\rc\r\n\r\n", "no proper end"},
           {ok + "A: b\r\n c\r\n\r\n", "is no field"},
           {ok + "A : b\r\n\r\n", "is no field"},
           {ok + ": b\r\n\r\n", "is no field"},
           {ok + "nonsense\r\n\r\n", "is no field"},
           {ok + "A: " + std::string(1, '\0') + "\r\n\r\n", "control character"},
           {ok + "Content-Length: \r\n\r\n", "is no number"},
           {ok + "Content-Length: -1\r\n\r\n", "is no number"},
           {ok + "Content-Length: +1\r\n\r\n", "is no number"},
           {ok + "Content-Length: 1 2\r\n\r\n", "is no number"},
           {ok + "Content-Length: 0x10\r\n\r\n", "is no number"},
           {ok + "Content-Length: 1,\r\n\r\n", "is no number"},
           {ok + "Content-Length: 9223372036854775808\r\n\r\n", "2^63 or more"},
           {ok + "Content-Length: 99999999999999999999999\r\n\r\n", "2^63 or more"},
           {ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "which differ"},
           {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", "none that is known"},
           {ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "none that"},
           {ok + "Transfer-Encoding:\r\n\r\n", "none that is known"},
           {ok + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "of which one is false"},
           {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0 does not know"}}) {
    EXPECT_THAT(WhyNot(head), HasSubstr(words)) << head;
  }
}

TEST(HttpHead, IsBounded) {
  const std::string begin = "HTTP/1.1 200 OK\r\nA: ";
  const std::string end = "\r\n\r\n";
  const size_t room = HeadReader::kMostHead - begin.size() - end.size();
  EXPECT_EQ(Hear({begin + std::string(room, 'x') + end}).step, HeadReader::Step::kDone);
  const Heard longer = Hear({begin + std::string(room + 1, 'x') + end});
  EXPECT_EQ(longer.step, HeadReader::Step::kFailed);
  EXPECT_THAT(longer.reader.why(), HasSubstr("no end within 65536 bytes"));
  // Interim ones count too: they could come for ever.
  std::string interim;
  while (interim.size() <= HeadReader::kMostHead) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(Hear({interim}).step, HeadReader::Step::kFailed);
}

struct Chunks {
  ChunkReader reader;
  ChunkReader::Step step = ChunkReader::Step::kMore;
  std::string body;
  std::string rest;  // behind the body
};
Chunks Read(const std::vector<std::string_view>& pieces) {
  Chunks chunks;
  uint64_t left = 0;  // of a chunk
  for (std::string_view piece : pieces) {
    while (!piece.empty() && chunks.step != ChunkReader::Step::kEnd) {
      if (left > 0) {
        const std::string_view data = piece.substr(0, std::min<uint64_t>(left, piece.size()));
        chunks.body += data;
        left -= data.size();
        piece.remove_prefix(data.size());
        continue;
      }
      chunks.step = chunks.reader.Take(piece);
      if (chunks.step == ChunkReader::Step::kFailed) return chunks;
      if (chunks.step == ChunkReader::Step::kData) left = chunks.reader.size();
    }
    chunks.rest += piece;
  }
  return chunks;
}

TEST(HttpChunks, AreReadHoweverTheyAreSplit) {
  const std::string text =
      "5\r\nhello\r\n0001 \t\r\n \r\nA;name=\"v;\"\r\n0\r\n\r\n0\r\n\r\n\r\n"
      "00 ;x\r\nTrailer: t\r\nAnother:\r\n\r\nrest\r\n";
  const auto check = [](const Chunks& chunks) {
    ASSERT_EQ(chunks.step, ChunkReader::Step::kEnd) << chunks.reader.why();
    EXPECT_EQ(chunks.body, "hello 0\r\n\r\n0\r\n\r\n");
    EXPECT_EQ(chunks.rest, "rest\r\n");
  };
  for (size_t at = 0; at <= text.size(); ++at) check(Read(Split(text, at)));
  check(Read(Bytewise(text)));
}

TEST(HttpChunks, MalformedOnesAreRefusedHoweverTheyAreSplit) {
  for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
           {"\r\n", "no number"},
           {" 1\r\n", "no number"},
           {"-1\r\n", "no number"},
           {"0x1\r\n", "no number"},
           {"g\r\n", "no number"},
           {"1 2\r\n", "no number"},
           {"1\n", "no number"},
           {"1 \n", "no number"},
           {";x\r\n", "no number"},
           {"8000000000000000\r\n", "2^63 or more"},
           {"FFFFFFFFFFFFFFFFF\r\n", "2^63 or more"},
           {"10000000000000000\r\n", "2^63 or more"},
           {"1\rx", "no proper end"},
           {"1;\n", "control character"},
           {std::string("1;\0\r\n", 5), "control character"},
           {"1\r\nab\r\n", "longer than its size"},
           {"1\r\na\rb", "longer than its size"},
           {"1\r\na\n", "longer than its size"},
           {"0\r\n\n", "control character"},
           {"0\r\n\rx", "no proper end"},
           {"0\r\nA: b\n\r\n", "control character"},
           {"0\r\nA: b\rc", "no proper end"}}) {
    for (size_t at = 0; at <= text.size(); ++at) {
      const Chunks chunks = Read(Split(text, at));
      ASSERT_EQ(chunks.step, ChunkReader::Step::kFailed) << text << " split at " << at;
      EXPECT_THAT(chunks.reader.why(), HasSubstr(words)) << text << " split at " << at;
    }
  }
  Chunks most = Read({"7fffffffffffffff\r\n"});
  EXPECT_EQ(most.step, ChunkReader::Step::kData);
  EXPECT_EQ(most.reader.size(), uint64_t{INT64_MAX});
}

TEST(HttpChunks, LinesAreBounded) {
  const std::string digits(ChunkReader::kMostLine - 3, '0');
  EXPECT_EQ(Read({digits + "1\r\n"}).step, ChunkReader::Step::kData);
  EXPECT_THAT(Read({"0" + digits + "1\r\n"}).reader.why(), HasSubstr("longer than 4096 bytes"));
  std::string trailers = "0\r\n";
  while (trailers.size() <= ChunkReader::kMostTrailers + 3) trailers += "A: b\r\n";
  EXPECT_THAT(Read({trailers}).reader.why(), HasSubstr("longer than 65536 bytes"));
  // The bound is a line's, and not the body's.
  std::string many;
  while (many.size() <= 2 * ChunkReader::kMostTrailers) many += "1;x\r\na\r\n";
  EXPECT_EQ(Read({many + "0\r\n\r\n"}).step, ChunkReader::Step::kEnd);
}

TEST(HttpBody, WhatMayBeSpliced) {
  EXPECT_TRUE(MayBeSpliced(Framing::kLength, false));
  EXPECT_TRUE(MayBeSpliced(Framing::kChunks, false));
  EXPECT_TRUE(MayBeSpliced(Framing::kUntilClose, false));
  EXPECT_FALSE(MayBeSpliced(Framing::kNothing, false));
  for (const Framing framing :
       {Framing::kNothing, Framing::kLength, Framing::kChunks, Framing::kUntilClose}) {
    EXPECT_FALSE(MayBeSpliced(framing, true));
  }
}

}  // namespace
}  // namespace tare::suites::splice_write_to
