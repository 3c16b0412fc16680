// SPDX-License-Identifier: Apache-2.0
// Sender: the frames that one end sends, in order, one at a time, masked if they must be; as bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "impl/base/errc.h"
#include "impl/base/op.h"
#include "impl/ws_frames/frame.h"

namespace tare::io::ws_frames {

// One data frame, ping or pong to be sent. Lives in whoever sends it, and stays where it is with
// its payload until `done`, which is called once.
//
// A message in fragments is one Outgoing, sent again for each: fin false, then true. Its further
// frames are continuations by themselves. Other messages wait until it is whole, control frames do
// not.
struct Outgoing {
  // May send it again, and destroy it. n: bytes of the payload, if it went well.
  using Done = void (*)(Outgoing&, Result) noexcept;

  Opcode opcode = Opcode::kBinary;  // kText, kBinary, kPing, kPong
  bool fin = true;
  std::span<const std::byte> payload;
  Done done = nullptr;

  Outgoing* next = nullptr;  // the sender's
};

// One thread. Allocates nothing.
class Sender {
 public:
  Sender() = default;
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Begins anew. `room` is where frames are put together: kLeastRoom bytes at least, the caller's.
  void Open(Role role, std::span<std::byte> room) noexcept;
  static constexpr size_t kLeastRoom = 2048;

  // In line. kClosed after Close or Stop, kInvalid for what may not be sent; then nothing happens.
  Errc Push(Outgoing& out) noexcept;

  // The answer to a ping; wants HasRoomForPong. After Close or Stop there is, and nothing is said.
  bool HasRoomForPong() const noexcept {
    const bool over = stopped_ || close_ != CloseFrame::kNone;
    return over || controls_size_ + kMostFrame <= controls_.size();
  }
  void Pong(std::span<const std::byte> payload) noexcept;

  // Whether a Close frame may have this code and reason: one that RFC 6455 lets be sent with UTF-8
  // of 123 bytes at most, or close_code::kNone with no reason.
  static bool MayBeSaid(uint16_t code, std::string_view reason) noexcept;
  // A Close frame behind the frame that is being sent; nothing after it. kNone: without a code.
  // kInvalid, and nothing, for what may not be said; kClosed if there is one already.
  Errc Close(uint16_t code, std::string_view reason) noexcept;
  // Nothing more can be sent.
  void Stop() noexcept { stopped_ = true; }

  // What to write next, all of it, before it is asked again; empty if there is nothing. In the
  // room, or the caller's own.
  std::span<const std::byte> Next() noexcept;
  // That has been written. The frame that is over with it, or null.
  Outgoing* Wrote() noexcept;

  // Whether the Close frame has been written.
  bool close_sent() const noexcept { return close_ == CloseFrame::kSent; }
  // After Close or Stop: one that will not be sent any more, or null if there is none. The frame
  // that is being sent is among them after Stop only, and not while it is being written.
  Outgoing* TakeAbandoned(bool writing) noexcept;

 private:
  enum class CloseFrame : uint8_t { kNone, kQueued, kWriting, kSent };

  static constexpr size_t kMostFrame = 2 + 4 + kMostControl;  // of a control frame
  static constexpr size_t kKeys = 64;

  // A key for the next frame; 0 if this end does not mask.
  uint32_t NewKey() noexcept;
  // Writes a control frame; its size.
  size_t EncodeControl(std::byte* at, Opcode opcode, std::span<const std::byte> payload) noexcept;
  // The next in line that may be sent now, taken out of it; null if none may.
  Outgoing* TakeNext() noexcept;
  std::span<const std::byte> Begin(Outgoing& out) noexcept;
  std::span<const std::byte> GoOn() noexcept;

  Role role_ = Role::kServer;
  std::span<std::byte> room_;
  bool stopped_ = false;
  CloseFrame close_ = CloseFrame::kNone;

  Outgoing* first_ = nullptr;  // in line
  Outgoing** end_ = &first_;
  Outgoing* current_ = nullptr;        // whose frame is being sent
  std::span<const std::byte> left_;    // of its payload
  uint32_t key_ = 0;                   // as it applies to that
  const Outgoing* message_ = nullptr;  // whose message is open

  std::array<std::byte, 8 * kMostFrame> controls_;  // pongs, put together
  size_t controls_size_ = 0;
  std::array<std::byte, kMostFrame> close_frame_;
  size_t close_size_ = 0;
  std::array<uint32_t, kKeys> keys_;
  size_t keys_used_ = kKeys;
};

}  // namespace tare::io::ws_frames
