// SPDX-License-Identifier: Apache-2.0
// The order of frames, and their bytes.
#include "impl/ws_frames/sender.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "impl/base/check.h"
#include "impl/ws_frames/unmask.h"
#include "impl/ws_frames/utf8.h"

namespace tare::io::ws_frames {

void Sender::Open(Role role, std::span<std::byte> room) noexcept {
  TARE_CHECK(room.size() >= kLeastRoom && first_ == nullptr && current_ == nullptr);
  role_ = role;
  room_ = room;
  stopped_ = false;
  close_ = CloseFrame::kNone;
  message_ = nullptr;
  controls_size_ = 0;
}

Errc Sender::Push(Outgoing& out) noexcept {
  if (stopped_ || close_ != CloseFrame::kNone) return Errc::kClosed;
  if (IsControl(out.opcode)) {
    const bool legal = out.opcode != Opcode::kClose && out.fin;
    if (!legal || out.payload.size() > kMostControl) return Errc::kInvalid;
  } else if (out.opcode == Opcode::kContinuation) {
    return Errc::kInvalid;  // that they become by themselves
  }
  out.next = nullptr;
  *end_ = &out;
  end_ = &out.next;
  return Errc::kOk;
}

void Sender::Pong(std::span<const std::byte> payload) noexcept {
  if (stopped_ || close_ != CloseFrame::kNone) return;
  TARE_CHECK(HasRoomForPong());
  controls_size_ += EncodeControl(controls_.data() + controls_size_, Opcode::kPong, payload);
}

bool Sender::MayBeSaid(uint16_t code, std::string_view reason) noexcept {
  if (code == close_code::kNone) return reason.empty();
  Utf8 utf8;
  return close_code::MayBeSent(code) && reason.size() <= kMostControl - 2 &&
         utf8.Take(std::as_bytes(std::span(reason))) && utf8.whole();
}

Errc Sender::Close(uint16_t code, std::string_view reason) noexcept {
  if (!MayBeSaid(code, reason)) return Errc::kInvalid;
  if (stopped_ || close_ != CloseFrame::kNone) return Errc::kClosed;
  std::array<std::byte, kMostControl> payload;
  size_t size = 0;
  if (code != close_code::kNone) {
    const auto bytes = std::as_bytes(std::span(reason));
    payload[0] = static_cast<std::byte>(code >> 8);
    payload[1] = static_cast<std::byte>(code);
    std::copy(bytes.begin(), bytes.end(), payload.begin() + 2);
    size = 2 + bytes.size();
  }
  close_size_ = EncodeControl(close_frame_.data(), Opcode::kClose, std::span(payload).first(size));
  close_ = CloseFrame::kQueued;
  return Errc::kOk;
}

std::span<const std::byte> Sender::Next() noexcept {
  if (stopped_ || close_ == CloseFrame::kSent) return {};
  if (current_ != nullptr) return GoOn();
  if (controls_size_ > 0) {
    // Into the room, for more of them may come while these are written.
    std::memcpy(room_.data(), controls_.data(), controls_size_);
    static_assert(sizeof controls_ <= kLeastRoom);
    return room_.first(std::exchange(controls_size_, 0));
  }
  if (close_ == CloseFrame::kQueued) {
    close_ = CloseFrame::kWriting;
    return std::span(close_frame_).first(close_size_);
  }
  Outgoing* const out = TakeNext();
  return out != nullptr ? Begin(*out) : std::span<const std::byte>();
}

Outgoing* Sender::Wrote() noexcept {
  if (close_ == CloseFrame::kWriting) close_ = CloseFrame::kSent;
  if (current_ == nullptr || !left_.empty()) return nullptr;
  return std::exchange(current_, nullptr);
}

Outgoing* Sender::TakeAbandoned(bool writing) noexcept {
  if (!stopped_ && close_ == CloseFrame::kNone) return nullptr;
  if (stopped_ && !writing && current_ != nullptr) return std::exchange(current_, nullptr);
  Outgoing* const out = first_;
  if (out == nullptr) return nullptr;
  first_ = out->next;
  if (first_ == nullptr) end_ = &first_;
  return out;
}

uint32_t Sender::NewKey() noexcept {
  if (role_ == Role::kServer) return 0;
  if (keys_used_ == kKeys) {
    // Nobody else may guess them (RFC 6455, 10.3); in one go, for a call costs as much as a frame.
    TARE_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(keys_.data()), sizeof keys_) == 1);
    keys_used_ = 0;
  }
  return std::max<uint32_t>(1, std::exchange(keys_[keys_used_++], 0));
}

size_t Sender::EncodeControl(std::byte* at, Opcode opcode,
                             std::span<const std::byte> payload) noexcept {
  const uint32_t key = NewKey();
  const size_t header = EncodeHeader(at, opcode, true, payload.size(), key);
  Unmask(at + header, payload.data(), payload.size(), key);
  return header + payload.size();
}

Outgoing* Sender::TakeNext() noexcept {
  for (Outgoing** at = &first_; *at != nullptr; at = &(*at)->next) {
    Outgoing* const out = *at;
    if (message_ != nullptr && out != message_ && !IsControl(out->opcode)) continue;
    *at = out->next;
    if (out->next == nullptr) end_ = at;
    return out;
  }
  return nullptr;
}

std::span<const std::byte> Sender::Begin(Outgoing& out) noexcept {
  current_ = &out;
  left_ = out.payload;
  key_ = NewKey();
  const bool continues = message_ == &out;
  const Opcode opcode = continues ? Opcode::kContinuation : out.opcode;
  if (!IsControl(opcode)) message_ = out.fin ? nullptr : &out;
  const size_t header = EncodeHeader(room_.data(), opcode, out.fin, left_.size(), key_);
  const size_t n = std::min(left_.size(), room_.size() - header);
  Unmask(room_.data() + header, left_.data(), n, key_);
  key_ = Rotated(key_, n);
  left_ = left_.subspan(n);
  return room_.first(header + n);
}

std::span<const std::byte> Sender::GoOn() noexcept {
  // What needs no mask is sent from where it lies.
  if (key_ == 0) return std::exchange(left_, std::span<const std::byte>());
  const size_t n = std::min(left_.size(), room_.size());
  Unmask(room_.data(), left_.data(), n, key_);
  key_ = Rotated(key_, n);
  left_ = left_.subspan(n);
  return room_.first(n);
}

}  // namespace tare::io::ws_frames
