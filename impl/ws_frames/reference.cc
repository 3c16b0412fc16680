// SPDX-License-Identifier: Apache-2.0
// The reference reader's rarer ways: headers in pieces, the ends of texts, Close frames.
#include "impl/ws_frames/reference.h"

#include <algorithm>
#include <utility>

namespace tare::io::ws_frames {

void FrameReader::Open(Role role, const Limits& limits) noexcept {
  at_ = end_ = nullptr;
  left_ = 0;
  limit_ = std::min(limits.message, UINT64_MAX >> 1);  // a length with the top bit is never right
  state_ = kBetweenMessages;
  usual_ = kNothing;
  ended_ = Errc::kOk;
  mask_ = role == Role::kServer ? 0x80 : 0;
  part_size_ = 0;
  code_ = close_code::kNone;
  utf8_.Reset();
}

Result FrameReader::GatherHeader(Header& header) noexcept {
  if (left_ != 0) return {0, Errc::kInvalid, 0};  // the last frame first: no error of the peer's
  while (at_ != end_) {
    part_[part_size_++] = *at_++;
    if (part_size_ < kLeastHeader) continue;
    const auto second = static_cast<uint8_t>(part_[1]);
    if (part_size_ == kLeastHeader && IsWrong(static_cast<uint8_t>(part_[0]), second)) {
      return Fail(close_code::kProtocol);
    }
    if (part_size_ < HeaderSize(second)) continue;
    (void)DecodeHeader(part_.data(), header);
    const size_t size = std::exchange(part_size_, uint8_t{0});
    return Judge(header, size);
  }
  return {};
}

Result FrameReader::JudgeAnew(const Header& header, size_t size) noexcept {
  if (IsWrong(header.first, header.second)) [[unlikely]]
    return Fail(close_code::kProtocol);
  uint32_t state = state_;
  if (IsControl(header.opcode())) {
    state &= ~kChecks;
  } else {
    const bool continues = header.opcode() == Opcode::kContinuation;
    const uint64_t room = continues ? room_ : limit_;
    if (header.length > room) [[unlikely]]
      return FailLength(header);
    if (!IsMinimal(header)) [[unlikely]]
      return Fail(close_code::kProtocol);
    const bool text = continues ? (state & kText) != 0 : header.opcode() == Opcode::kText;
    state = header.fin() ? kBetweenMessages : kInsideMessage;
    if (text) state |= kText | kChecks;
    if (!header.fin()) room_ = room - header.length;
  }
  state_ = state;
  const bool whole = header.fin() && header.opcode() != Opcode::kContinuation;
  usual_ = whole && !IsControl(header.opcode()) ? header.first : kNothing;
  left_ = header.length;
  key_ = header.key;
  if (left_ == 0 && (state & kChecks) != 0) [[unlikely]] {
    if (const Result end = EndTextFrame(); !end.ok()) return end;
  }
  return {static_cast<int64_t>(size)};
}

// A length that is wrong as such is that, whatever the limit.
Result FrameReader::FailLength(const Header& header) noexcept {
  const bool wrong = !IsMinimal(header) || header.length >> 63 != 0;
  return Fail(wrong ? close_code::kProtocol : close_code::kTooBig);
}

Result FrameReader::EndTextFrame() noexcept {
  if (!between() || utf8_.whole()) return {};
  return Fail(close_code::kNotUtf8);
}

Result FrameReader::JudgeClose(std::span<const std::byte> payload) noexcept {
  code_ = close_code::kNone;
  if (payload.size() == 1) return Fail(close_code::kProtocol);
  if (payload.size() >= 2) {
    const auto code = LoadBig<uint16_t>(payload.data());
    if (!close_code::MayBeSent(code)) return Fail(close_code::kProtocol);
    Utf8 reason;
    if (!reason.Take(payload.subspan(2)) || !reason.whole()) return Fail(close_code::kNotUtf8);
    code_ = code;
  }
  ended_ = Errc::kEof;
  return {static_cast<int64_t>(payload.size())};
}

}  // namespace tare::io::ws_frames
