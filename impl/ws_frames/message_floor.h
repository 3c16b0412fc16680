// SPDX-License-Identifier: Apache-2.0
// The floor of whole messages over a connection: blocking calls in the order that needs no waiting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "impl/ws_frames/contract.h"

namespace tare::io::ws_frames {

// Both ends on one thread, and on loopback what was sent is on the other side when send returns: it
// goes in pieces, each received before the next is sent. Masks as a client must, always with one
// key, and believes every header.
class MessageFloor {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  MessageFloor() = default;
  ~MessageFloor() { Close(); }

  Result Open(const Pair& pair, size_t size);
  Result Trip() noexcept;
  std::span<std::byte> Message() noexcept { return message_; }
  std::span<const std::byte> Received() noexcept {
    return {received_.data() + at_, message_.size()};
  }
  void Close() noexcept { CloseAll({&pair_, 1}); }

 private:
  // From one end to the other, `size` bytes.
  static Result Move(Handle from, const std::byte* bytes, Handle to, std::byte* room, size_t size);

  Pair pair_;
  std::vector<std::byte> message_;
  std::vector<std::byte> wire_;      // header and message, on their way
  std::vector<std::byte> received_;  // the same at the other end
  size_t at_ = 0;                    // of the payload in it
};

static_assert(MessageAnswer<MessageFloor>);

}  // namespace tare::io::ws_frames
