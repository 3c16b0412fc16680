// SPDX-License-Identifier: Apache-2.0
// The naive parser: what RFC 6455 says, a byte at a time, sharing no line with the code under test.
#include <algorithm>

#include "suites/ws_frames/events.h"

namespace tare::suites::ws_frames {
namespace {

uint8_t At(std::span<const std::byte> bytes, size_t i) {
  return static_cast<uint8_t>(bytes[i]);
}

// Where in `text` the first byte is that no continuation mends; its size if there is none. `open`:
// how many bytes at its end begin a character that is not whole.
size_t FirstImpossible(std::span<const std::byte> text, size_t& open) {
  size_t begin = 0;  // of the character
  for (size_t i = 0; i < text.size(); ++i) {
    const auto character = text.subspan(begin, i + 1 - begin);
    if (!BeginsCharacter(character)) return i;
    const uint8_t first = At(character, 0);
    const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (character.size() == length) begin = i + 1;
  }
  open = text.size() - begin;
  return text.size();
}

bool CodeIsLegal(unsigned code) {
  switch (code) {
    case 1000:
    case 1001:
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
    case 1010:
    case 1011:
    case 1012:
    case 1013:
    case 1014:
      return true;
    default:
      return code >= 3000 && code < 5000;
  }
}

class Parser {
 public:
  Parser(io::ws_frames::Role role, const io::ws_frames::Limits& limits,
         std::span<const std::byte> stream)
      : server_(role == io::ws_frames::Role::kServer), limit_(limits.message), stream_(stream) {}

  Events Run() {
    while (!over_) Frame();
    return said_;
  }

 private:
  void End(Event::Kind kind, size_t decided, unsigned number = 0) {
    said_.events.push_back({kind, static_cast<uint16_t>(number), {}});
    said_.decided = decided;
    over_ = true;
  }
  void Fail(unsigned code, size_t decided) { End(Event::Kind::kFailed, decided, code); }

  // False where the stream ends.
  bool Has(size_t end) {
    if (end <= stream_.size()) return true;
    const bool between = begin_ == stream_.size() && !in_message_;
    End(between ? Event::Kind::kEnd : Event::Kind::kMidway, stream_.size());
    return false;
  }

  void Frame() {
    if (!Has(begin_ + 2)) return;
    const unsigned first = At(stream_, begin_), second = At(stream_, begin_ + 1);
    const unsigned opcode = first % 16;
    const bool fin = first >= 128, masked = second >= 128;
    const bool control = opcode == 8 || opcode == 9 || opcode == 10;
    const bool data = opcode == 0 || opcode == 1 || opcode == 2;
    if (first / 16 % 8 != 0) return Fail(1002, begin_ + 2);
    if (!control && !data) return Fail(1002, begin_ + 2);
    if (masked != server_) return Fail(1002, begin_ + 2);
    if (data && (opcode == 0) != in_message_) return Fail(1002, begin_ + 2);

    const unsigned form = second % 128;
    if (control && (!fin || form > 125)) return Fail(1002, begin_ + 2);
    const size_t extended = form == 126 ? 2 : form == 127 ? 8 : 0;
    const size_t payload = begin_ + 2 + extended + (masked ? 4 : 0);
    if (!Has(payload)) return;
    uint64_t length = form;
    if (extended > 0) length = 0;
    for (size_t i = 0; i < extended; ++i) length = length * 256 + At(stream_, begin_ + 2 + i);
    if (length >= uint64_t{1} << 63) return Fail(1002, payload);
    if (form == 126 && length < 126) return Fail(1002, payload);
    if (form == 127 && length < 65536) return Fail(1002, payload);
    if (data && opcode != 0) {
      message_.clear();
      opcode_ = opcode;
      taken_ = 0;
    }
    if (data && length > limit_ - taken_) return Fail(1009, payload);
    if (data) taken_ += length;

    const size_t there = std::min<uint64_t>(length, stream_.size() - payload);
    Bytes bytes;
    for (size_t i = 0; i < there; ++i) {
      const uint8_t key = masked ? At(stream_, payload - 4 + i % 4) : 0;
      bytes.push_back(static_cast<std::byte>(At(stream_, payload + i) ^ key));
    }
    if (data) {
      const size_t before = message_.size();
      message_.insert(message_.end(), bytes.begin(), bytes.end());
      size_t open = 0;
      const size_t wrong = opcode_ == 1 ? FirstImpossible(message_, open) : message_.size();
      if (wrong < message_.size()) return Fail(1007, payload + wrong - before + 1);
      in_message_ = true;
      if (!Has(payload + length)) return;
      begin_ = payload + length;
      if (!fin) return;
      if (open > 0) return Fail(1007, begin_);
      in_message_ = false;
      said_.events.push_back({Event::Kind::kMessage, static_cast<uint16_t>(opcode_), message_});
      return;
    }
    if (!Has(payload + length)) return;
    begin_ = payload + length;
    if (opcode == 8) {
      if (length == 1) return Fail(1002, begin_);
      const unsigned code = length > 0 ? At(bytes, 0) * 256u + At(bytes, 1) : 1005;
      if (length > 0) {
        if (!CodeIsLegal(code)) return Fail(1002, begin_);
        const auto reason = std::span<const std::byte>(bytes).subspan(2);
        size_t open = 0;
        if (FirstImpossible(reason, open) < reason.size() || open > 0) return Fail(1007, begin_);
      }
      said_.events.push_back({Event::Kind::kControl, 8, bytes});
      return End(Event::Kind::kClosed, begin_, code);
    }
    said_.events.push_back({Event::Kind::kControl, static_cast<uint16_t>(opcode), bytes});
  }

  const bool server_;
  const uint64_t limit_;
  const std::span<const std::byte> stream_;
  size_t begin_ = 0;  // of the frame
  bool in_message_ = false;
  unsigned opcode_ = 0;
  uint64_t taken_ = 0;
  Bytes message_;
  Events said_;
  bool over_ = false;
};

}  // namespace

bool BeginsCharacter(std::span<const std::byte> bytes) {
  if (bytes.empty() || bytes.size() > 4) return false;
  const uint8_t first = At(bytes, 0);
  size_t length = 0;
  uint32_t value = 0;
  if (first < 0x80) {
    length = 1;
    value = first;
  } else if (first / 32 == 6) {
    length = 2;
    value = first % 32;
  } else if (first / 16 == 14) {
    length = 3;
    value = first % 16;
  } else if (first / 8 == 30) {
    length = 4;
    value = first % 8;
  }
  if (length == 0 || bytes.size() > length) return false;
  for (size_t i = 1; i < bytes.size(); ++i) {
    if (At(bytes, i) / 64 != 2) return false;
    value = value * 64 + At(bytes, i) % 64;
  }
  // What the bytes to come can make of it.
  const size_t missing = length - bytes.size();
  const uint32_t least = value << 6 * missing;
  const uint32_t most = least + (uint32_t{1} << 6 * missing) - 1;
  constexpr uint32_t kFirstOf[] = {0, 0, 0x80, 0x800, 0x10000};
  constexpr uint32_t kLastOf[] = {0, 0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
  const uint32_t from = std::max(least, kFirstOf[length]), to = std::min(most, kLastOf[length]);
  return from <= to && !(from >= 0xD800 && to <= 0xDFFF);
}

Events NaiveEvents(io::ws_frames::Role role, const io::ws_frames::Limits& limits,
                   std::span<const std::byte> stream) {
  return Parser(role, limits, stream).Run();
}

}  // namespace tare::suites::ws_frames
