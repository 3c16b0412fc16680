// SPDX-License-Identifier: Apache-2.0
// Sending: a client's end of a connection that sends messages, and wants each back as it was.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

#include "impl/base/check.h"
#include "impl/ws_frames/endpoint.h"
#include "suites/ws_frames/wire.h"

namespace tare::suites::ws_frames {

// Messages of these sizes, one after the other, in frames of at most `fragment` bytes (0: each in
// one). Prints a line for each. Goes when it is over.
template <class B>
class Sending : public io::ws_frames::Endpoint<B> {
 public:
  using Endpoint = io::ws_frames::Endpoint<B>;
  using Opcode = io::ws_frames::Opcode;

  Sending(io::Loop<B>& loop, const io::ws_frames::Limits& limits, std::vector<uint64_t> sizes,
          size_t fragment, Opcode opcode)
      : Endpoint(loop, io::ws_frames::Role::kClient, limits),
        sizes_(std::move(sizes)),
        fragment_(fragment),
        to_(65536) {
    out_.sending = this;
    out_.opcode = opcode;
    out_.done = [](io::ws_frames::Outgoing& out, io::Result r) noexcept {
      Sending& self = *static_cast<Out&>(out).sending;
      self.unsent_ = false;
      if (r.ok() && self.sent_ < self.message_.size()) self.SendPart();
    };
  }

  io::Result Dial(io::Handle h, std::string_view host, std::string_view resource) {
    return this->Connect(h, host, resource, [](Endpoint& e, io::Result r) noexcept {
      Self(e).opened_ = r;
      r.ok() ? Self(e).Next() : Self(e).End();
    });
  }

  // Ends it from this side. May be called again.
  void End() noexcept {
    (void)this->Close(io::ws_frames::close_code::kNormal, "",
                      [](Endpoint& e, io::Result r) noexcept {
                        Self(e).good_ = Self(e).good_ && r.ok();
                        Self(e).over_ = true;
                      });
  }

  io::Result opened() const { return opened_; }
  const bool& over() const { return over_; }
  // What the connection ended with, as far as its reads were told.
  io::Result end() const { return end_; }
  bool good() const { return good_ && next_ == sizes_.size() && !busy_; }

 private:
  struct Out : io::ws_frames::Outgoing {
    Sending* sending = nullptr;
  };
  static Sending& Self(Endpoint& e) noexcept { return static_cast<Sending&>(e); }

  void Next() noexcept {
    if (next_ == sizes_.size()) return End();
    TARE_CHECK(!unsent_);  // the endpoint sends from where the last message lies
    busy_ = true;
    message_ = Noise(sizes_[next_], next_);
    ++next_;
    if (out_.opcode == Opcode::kText) {
      for (std::byte& b : message_) b &= std::byte{0x7F};
    }
    sent_ = got_ = 0;
    same_ = true;
    SendPart();
    ReadOn();
  }
  void SendPart() noexcept {
    const size_t left = message_.size() - sent_;
    const size_t n = fragment_ == 0 ? left : std::min(fragment_, left);
    out_.payload = std::span(message_).subspan(sent_, n);
    out_.fin = n == left;
    sent_ += n;
    unsent_ = this->Send(out_) == io::Errc::kOk;
    if (!unsent_) End();
  }
  void ReadOn() noexcept {
    (void)this->Read(
        io::ws_frames::Context::None(), to_,
        [](Endpoint& e, const io::ws_frames::Piece& piece) noexcept { Self(e).Got(piece); });
  }
  void Got(const io::ws_frames::Piece& piece) noexcept {
    if (!piece.result.ok()) {
      end_ = piece.result;
      return End();
    }
    const auto n = static_cast<size_t>(piece.result.n);
    same_ = same_ && piece.opcode == out_.opcode && n <= message_.size() - got_ &&
            std::equal(to_.begin(), to_.begin() + piece.result.n,
                       message_.begin() + static_cast<std::ptrdiff_t>(got_));
    got_ += n;
    if (!piece.last) return ReadOn();
    // No answer to it can be whole yet. Its bytes are still being sent: it stays, and is the last.
    if (unsent_) {
      std::printf("%zu bytes: WRONG: an answer came before the message was sent\n",
                  message_.size());
      good_ = false;
      return End();
    }
    same_ = same_ && got_ == message_.size();
    good_ = good_ && same_;
    std::printf("%zu bytes: %s\n", message_.size(), same_ ? "the same came back" : "WRONG");
    busy_ = false;
    Next();
  }

  const std::vector<uint64_t> sizes_;
  const size_t fragment_;
  Bytes to_;
  Bytes message_;
  Out out_;
  size_t next_ = 0;
  size_t sent_ = 0;
  size_t got_ = 0;
  bool unsent_ = false;  // out_ is the endpoint's, and so are the bytes of message_
  bool busy_ = false;
  bool same_ = true;
  bool good_ = true;
  bool over_ = false;
  io::Result opened_;
  io::Result end_;
};

}  // namespace tare::suites::ws_frames
