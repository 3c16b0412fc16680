// SPDX-License-Identifier: Apache-2.0
// Prints made streams and what the reference says of them, a line of JSON each, for other parsers
// to be held against. usage: ws_print_events FIRST_SEED COUNT
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>

#include "suites/ws_frames/events.h"
#include "suites/ws_frames/stream_maker.h"

namespace tare::suites::ws_frames {
namespace {

// The same for both parsers; small enough to be met.
constexpr size_t kMostMessage = 5000;

void PrintHex(std::span<const std::byte> bytes) {
  for (const std::byte b : bytes) std::printf("%02x", static_cast<unsigned>(b));
}

void Print(uint64_t seed) {
  StreamMaker maker(seed);
  const Bytes stream = maker.Make();
  io::ws_frames::Limits limits;
  limits.message = kMostMessage;
  std::mt19937_64 random(seed);
  std::array<size_t, 8> pieces;
  for (size_t& n : pieces) n = 1 + random() % 400;
  const Events said = ReferenceEvents(maker.role(), limits, stream, pieces);

  std::printf(R"({"seed":%)" PRIu64 R"(,"server":%s,"limit":%zu,"pieces":[)", seed,
              maker.role() == io::ws_frames::Role::kServer ? "true" : "false", kMostMessage);
  for (size_t i = 0; i < pieces.size(); ++i) std::printf(i > 0 ? ",%zu" : "%zu", pieces[i]);
  std::printf(R"(],"stream":")");
  PrintHex(stream);
  std::printf(R"(","events":[)");
  const char* separator = "";
  for (const Event& event : said.events) {
    std::printf(R"(%s["%s",%u,")", separator, Name(event.kind), event.number);
    PrintHex(event.payload);
    std::printf("\"]");
    separator = ",";
  }
  std::printf("]}\n");
}

}  // namespace
}  // namespace tare::suites::ws_frames

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s FIRST_SEED COUNT\n", argv[0]);
    return 2;
  }
  const uint64_t first = std::strtoull(argv[1], nullptr, 10);
  const uint64_t count = std::strtoull(argv[2], nullptr, 10);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    tare::suites::ws_frames::Print(seed);
  }
  return std::fflush(stdout) == 0 && !std::ferror(stdout) ? 0 : 1;
}
