// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry: any bytes as a stream of frames, in any pieces; the reference must say what
// the naive parser says.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iostream>

#include "suites/ws_frames/events.h"
#include "suites/ws_frames/stream_maker.h"

namespace tare::suites::ws_frames {
namespace {

using io::ws_frames::Limits;
using io::ws_frames::Role;

void Compare(Role role, std::span<const std::byte> stream, uint64_t seed) {
  Limits limits;
  limits.message = 300;
  const Events naive = NaiveEvents(role, limits, stream);
  const Events bytewise = ReferenceEvents(role, limits, stream, std::array{size_t{1}}, 5);
  std::array<size_t, 7> pieces;
  for (size_t& n : pieces) n = 1 + (seed = seed * 6364136223846793005u + 1) % 40;
  const Events in_pieces = ReferenceEvents(role, limits, stream, pieces, 1 + seed % 100);
  if (bytewise == naive && in_pieces.events == naive.events) return;
  std::cerr << "naive: " << naive << "\nbyte by byte: " << bytewise << "\nin pieces: " << in_pieces
            << "\n";
  __builtin_trap();
}

}  // namespace
}  // namespace tare::suites::ws_frames

// The first byte says who reads and how; then a stream, or now and then a seed and what to change
// in the stream that follows from it, for texts that are masked and right are hard to come by.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tare::suites::ws_frames;
  if (size < 9) return 0;
  uint64_t seed = 0;
  std::memcpy(&seed, data + 1, sizeof seed);
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto role = static_cast<tare::io::ws_frames::Role>(data[0] & 1);
  if ((data[0] & 0x1E) != 0) {
    Compare(role, bytes.subspan(1), seed);
    return 0;
  }
  StreamMaker maker(seed % 100'000);
  Bytes stream = maker.Make();
  if (stream.size() > 600) stream.resize(600);
  for (size_t i = 9; i + 1 < size; i += 2) {
    stream[(i + bytes.size() * data[i]) % stream.size()] = bytes[i + 1];
  }
  Compare(maker.role(), stream, seed);
  return 0;
}
