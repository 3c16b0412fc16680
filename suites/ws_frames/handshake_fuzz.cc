// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry: any bytes as the head of a handshake, to a server and to a client.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "impl/ws_frames/opening.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tare::io::ws_frames;
  if (size == 0) return 0;
  const std::string_view head(reinterpret_cast<const char*>(data), size);
  std::array<char, 512> to;
  const Request request = JudgeRequest(head);
  if (WriteResponse(to, request) == 0) __builtin_trap();
  if (request.status == 101 && request.resource.empty()) __builtin_trap();
  if ((request.status == 101) != (request.why == nullptr)) __builtin_trap();
  Key key;
  key.fill('A');
  if (WhyNotUpgraded(head, key) == nullptr && StatusOf(head).code != 101) __builtin_trap();

  // In pieces, to either end, whose room is small.
  std::array<std::byte, 256> in;
  std::array<std::byte, 1024> out;
  for (const Role role : {Role::kServer, Role::kClient}) {
    Opening opening;
    auto step = role == Role::kServer ? opening.BeginServer(in, out)
                                      : opening.BeginClient(in, out, "host", "/");
    size_t at = 0;
    while (at < size || step == Opening::Step::kWrite) {
      if (step == Opening::Step::kOpen || step == Opening::Step::kFailed) break;
      if (step == Opening::Step::kWrite) {
        if (opening.to_write().empty()) __builtin_trap();
        step = opening.Written();
        continue;
      }
      const size_t n = std::min({size - at, opening.room().size(), size_t{1} + data[0] % 64});
      if (n == 0) __builtin_trap();  // asked to receive into no room
      for (size_t i = 0; i < n; ++i) opening.room()[i] = static_cast<std::byte>(data[at + i]);
      at += n;
      step = opening.Received(n);
      if (opening.room().size() + at < in.size())
        __builtin_trap();  // room for the same bytes twice
    }
    if (step == Opening::Step::kOpen) {
      if (opening.status() != 101 || opening.rest().size() > at) __builtin_trap();
      // What follows the head is what came last.
      for (size_t i = 0; i < opening.rest().size(); ++i) {
        const size_t from = at - opening.rest().size() + i;
        if (opening.rest()[i] != static_cast<std::byte>(data[from])) __builtin_trap();
      }
    }
    if (step == Opening::Step::kFailed && opening.why_in_words() == nullptr) __builtin_trap();
    if (opening.status() == 101 && role == Role::kServer && step == Opening::Step::kFailed) {
      __builtin_trap();
    }
    if (opening.reason().size() > Opening::kMostReason) __builtin_trap();
  }
  return 0;
}
