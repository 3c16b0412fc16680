// SPDX-License-Identifier: Apache-2.0
// The reference reader: frames under every rule of RFC 6455 and any context, without an allocation.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "impl/base/check.h"
#include "impl/ws_frames/contract.h"
#include "impl/ws_frames/unmask.h"
#include "impl/ws_frames/utf8.h"

namespace tare::io::ws_frames {

// The allocations of one read, under any context and of any frame: none.
//
// Its place in a context is a member. It takes it when it is given a context other than the last
// time, and keeps it after the read: so a connection that is read under one context is registered
// once, and a read asks two questions, whether this is that context and whether it has ended. There
// is nothing to clean up after a read, so nothing that a cancel could meet half done.
//
// What arrives is judged as early as it can be: reserved bits, opcode, mask and the size of control
// frames with the second byte, lengths when they are whole, UTF-8 byte by byte. After the first
// error nothing is looked at any more, and close_code() says what to tell the peer.
//
// One thread, but for `wake` (see Context::Link).
class FrameReader {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  explicit FrameReader(Context::Link::Wake wake, void* owner = nullptr) noexcept
      : link_(wake, owner) {}
  explicit FrameReader(Timers&) noexcept : FrameReader([](Context::Link&) noexcept {}) {}

  // Begins anew.
  void Open(Role role, const Limits& limits) noexcept;
  // Whether all that was fed has been used up.
  bool hungry() const noexcept { return at_ == end_; }
  // Lends the next bytes; wants it hungry.
  void Feed(std::span<const std::byte> bytes) noexcept {
    at_ = bytes.data();
    end_ = at_ + bytes.size();
  }

  Result ReadHeader(Context& context, Header& header) noexcept {
    if (const Errc e = Enter(context); e != Errc::kOk) [[unlikely]] {
      return {0, e, 0};
    }
    const auto have = static_cast<size_t>(end_ - at_);
    // Where the longest would fit, nobody need ask for the size first.
    if ((left_ | part_size_) != 0 || (have < kMostHeader && !HasHeader(have))) [[unlikely]] {
      return GatherHeader(header);
    }
    const std::byte* const begin = std::exchange(at_, DecodeHeader(at_, header));
    return Judge(header, static_cast<size_t>(at_ - begin));
  }

  Result ReadPayload(Context& context, std::span<std::byte> to) noexcept {
    if (const Errc e = Enter(context); e != Errc::kOk) [[unlikely]]
      return {0, e, 0};
    const auto have = static_cast<size_t>(end_ - at_);
    size_t n = std::min(have, to.size());
    if (left_ <= n) [[likely]]
      n = static_cast<size_t>(left_);
    const std::byte* from = at_;
    at_ += n;
    return Take(to.data(), from, n);
  }

  // The same for bytes that were received into the place where they are wanted, past Feed, by a
  // read that has entered its context: wants it hungry, and no more than payload_left() of them.
  Result ReadInPlace(std::span<std::byte> received) noexcept {
    if (ended_ != Errc::kOk) [[unlikely]]
      return {0, ended_, 0};
    return Take(received.data(), received.data(), received.size());
  }

  // Call it again when fed, with the same `to` of kMostControl bytes, until the frame is over: n is
  // then the whole payload, and 0 before. Of a Close the code and the reason are judged; from then
  // on every read ends with kEof.
  Result ReadControl(Context& context, const Header& header, std::span<std::byte> to) noexcept {
    TARE_CHECK(to.size() >= header.length);
    const auto got = static_cast<size_t>(header.length - left_);
    const Result r = ReadPayload(context, to.subspan(got));
    if (!r.ok() || left_ > 0) return {0, r.err, r.os};
    const auto all = static_cast<size_t>(header.length);
    if (header.opcode() == Opcode::kClose) return JudgeClose(to.first(all));
    return {static_cast<int64_t>(all)};
  }

  // Of the frame whose header was read.
  uint64_t payload_left() const noexcept { return left_; }
  bool frame_over() const noexcept { return left_ == 0; }
  // Whether the data frame that is over was its message's last.
  bool message_over() const noexcept { return left_ == 0 && between(); }
  // kText or kBinary: of the message whose frames are being read.
  Opcode message_opcode() const noexcept {
    return (state_ & kText) != 0 ? Opcode::kText : Opcode::kBinary;
  }
  // Whether a message has begun, or a frame, and is not over.
  bool midway() const noexcept { return left_ > 0 || part_size_ > 0 || !between(); }

  // Ends reading from outside: kClosed, or what the descriptor said. What is stronger stays.
  void End(Errc why) noexcept {
    if (ended_ != Errc::kEof && ended_ != Errc::kClosed) ended_ = why;
  }
  // kOk while reading goes on.
  Errc ended() const noexcept { return ended_; }
  // After an error of the peer's, what to close with; after its Close, its code or kNone.
  uint16_t close_code() const noexcept { return code_; }

  // What a read under `context` ends with now; kOk if it may go on. Registers for the context.
  Errc Enter(Context& context) noexcept {
    if (ended_ != Errc::kOk) [[unlikely]]
      return Told(context);
    if (link_.context() != &context) [[unlikely]]
      link_.MoveTo(context);
    return context.why();
  }
  // When it returns, `wake` is not under way and will not come.
  void LeaveContext() noexcept { link_.Leave(); }

 private:
  // The state of the message in one word: the opcodes that may come next, as bits, and what must be
  // UTF-8.
  static constexpr uint32_t kControls = 1u << 8 | 1u << 9 | 1u << 10;
  static constexpr uint32_t kBetweenMessages = kControls | 1u << 1 | 1u << 2;
  static constexpr uint32_t kInsideMessage = kControls | 1u << 0;
  static constexpr uint32_t kOpcodes = 0xFFFF;
  static constexpr uint32_t kText = 1u << 16;    // the message
  static constexpr uint32_t kChecks = 1u << 17;  // the payload of this frame
  static constexpr uint16_t kNothing = 0xFFFF;   // of usual_: no first byte is that

  bool between() const noexcept { return (state_ & kOpcodes) == kBetweenMessages; }

  bool HasHeader(size_t have) const noexcept {
    return have >= kLeastHeader && have >= HeaderSize(static_cast<uint8_t>(at_[1]));
  }

  // Of the reasons that hold, the strongest.
  Errc Told(const Context& context) const noexcept {
    if (ended_ == Errc::kEof) return ended_;
    const Errc why = context.why();
    return why != Errc::kOk ? why : ended_;
  }

  Result Fail(uint16_t code) noexcept {
    ended_ = code == close_code::kTooBig ? Errc::kResource : Errc::kInvalid;
    code_ = code;
    return {0, ended_, 0};
  }

  // Whether the first two bytes break a rule.
  bool IsWrong(uint8_t first, uint8_t second) const noexcept {
    if (((first & 0x70) | ((second & 0x80) ^ mask_)) != 0) return true;
    if ((state_ >> (first & 0x0F) & 1) == 0) return true;
    const bool control = (first & 0x08) != 0, fin = (first & 0x80) != 0;
    return control && (!fin || (second & 0x7F) > kMostControl);
  }

  // A frame that begins like the last one, and was a whole message, is judged already: what follows
  // from its first byte is the state that is.
  [[gnu::always_inline]] Result Judge(const Header& header, size_t size) noexcept {
    const bool usual = header.first == usual_ && (header.second & 0x80) == mask_ &&
                       header.length <= limit_ && IsMinimal(header);
    if (!usual) [[unlikely]]
      return JudgeAnew(header, size);
    left_ = header.length;
    key_ = header.key;
    return {static_cast<int64_t>(size)};
  }

  Result Take(std::byte* to, const std::byte* from, size_t n) noexcept {
    Unmask(to, from, n, key_);
    left_ -= n;
    if (left_ != 0) key_ = Rotated(key_, n);
    if ((state_ & kChecks) != 0) {
      if (!utf8_.Take({to, n})) [[unlikely]]
        return Fail(close_code::kNotUtf8);
      if (left_ == 0) {
        if (const Result end = EndTextFrame(); !end.ok()) return end;
      }
    }
    return {static_cast<int64_t>(n)};
  }

  // The out-of-line parts: a header that is not like the last, one in pieces, and what ends a
  // connection.
  Result JudgeAnew(const Header& header, size_t size) noexcept;
  Result GatherHeader(Header& header) noexcept;
  Result FailLength(const Header& header) noexcept;
  Result EndTextFrame() noexcept;
  Result JudgeClose(std::span<const std::byte> payload) noexcept;

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  uint64_t left_ = 0;   // of the frame's payload
  uint64_t room_ = 0;   // that the message may still take
  uint64_t limit_ = 0;  // of a message
  uint32_t state_ = kBetweenMessages;
  uint16_t usual_ = kNothing;  // the first byte of a header that changes nothing
  uint32_t key_ = 0;
  Errc ended_ = Errc::kOk;
  uint8_t mask_ = 0;       // the mask bit as it must be
  uint8_t part_size_ = 0;  // bytes in part_
  uint16_t code_ = close_code::kNone;
  Utf8 utf8_;
  std::array<std::byte, kMostHeader> part_{};  // of a header that has not come whole
  Context::Link link_;
};

static_assert(Answer<FrameReader>);

}  // namespace tare::io::ws_frames
