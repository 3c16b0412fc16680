// SPDX-License-Identifier: Apache-2.0
// EchoSession: one end of a connection that sends back what it receives, piece by piece, in either
// role.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "impl/ws_frames/endpoint.h"

namespace tare::suites::ws_frames {

// A message of up to 64 KiB goes back whole; a longer one in fragments of that size, so that none
// needs to be kept, however long it is. A piece is read when the one before it was sent: a peer
// that writes without reading is not read from any more once the system's buffers are full, and is
// given up when it has not taken a piece within `patience` nanoseconds (0: it has for ever).
//
// `Over` is called when everything is closed; it may destroy the session.
template <class B>
class EchoSession : public io::ws_frames::Endpoint<B> {
 public:
  using Endpoint = io::ws_frames::Endpoint<B>;
  using Over = void (*)(EchoSession&, void* owner) noexcept;

  EchoSession(io::Loop<B>& loop, io::ws_frames::Role role, const io::ws_frames::Limits& limits,
              void* owner, Over over, int64_t patience = 0)
      : Endpoint(loop, role, limits),
        loop_(loop),
        patience_(patience),
        owner_(owner),
        over_(over),
        piece_(kPiece) {
    out_.session = this;
    out_.done = &OnSent;
    stall_.session = this;
    stall_.fire = [](io::Timer& timer) noexcept {
      EchoSession& self = *static_cast<Stall&>(timer).session;
      self.stalled_ = true;
      self.End();
    };
  }
  ~EchoSession() { loop_.timers().Disarm(stall_); }

  io::Result Serve(io::Handle h) { return this->Accept(h, &OnOpened); }
  io::Result Dial(io::Handle h, std::string_view host, std::string_view resource) {
    return this->Connect(h, host, resource, &OnOpened);
  }

  // Ends it from this side. May be called again.
  void End() noexcept {
    (void)this->Close(io::ws_frames::close_code::kNormal, "", [](Endpoint& e, io::Result) noexcept {
      Self(e).over_(Self(e), Self(e).owner_);
    });
  }

  // The first kShort bytes at most of the message that it has received last: for whoever wants to
  // know and not only to echo.
  static constexpr size_t kShort = 64;
  const std::string& last_message() const { return last_message_; }
  io::Result opened() const { return opened_; }
  // Called when the handshake is over, however it went.
  void set_on_opened(Over on_opened) { on_opened_ = on_opened; }
  // What the connection ended with, as far as this end's reads and frames were told; whether it was
  // given up for a peer that took nothing.
  io::Result end() const { return end_; }
  bool stalled() const { return stalled_; }

 private:
  static constexpr size_t kPiece = 65536;

  struct Out : io::ws_frames::Outgoing {
    EchoSession* session = nullptr;
  };
  struct Stall : io::Timer {
    EchoSession* session = nullptr;
  };
  static EchoSession& Self(Endpoint& e) noexcept { return static_cast<EchoSession&>(e); }

  static void OnOpened(Endpoint& e, io::Result r) noexcept {
    Self(e).opened_ = r;
    if (Self(e).on_opened_ != nullptr) Self(e).on_opened_(Self(e), Self(e).owner_);
    r.ok() ? Self(e).ReadOn() : Self(e).End();
  }
  void ReadOn() noexcept {
    const auto room = std::span(piece_).subspan(filled_);
    if (this->Read(io::ws_frames::Context::None(), room, &OnPiece) != io::Errc::kOk) End();
  }
  static void OnPiece(Endpoint& e, const io::ws_frames::Piece& piece) noexcept {
    EchoSession& self = Self(e);
    if (!piece.result.ok()) return self.EndWith(piece.result);
    self.filled_ += static_cast<size_t>(piece.result.n);
    if (!piece.last && self.filled_ < self.piece_.size()) return self.ReadOn();
    self.out_.opcode = piece.opcode;
    self.out_.fin = piece.last;
    self.out_.payload = std::span(self.piece_).first(self.filled_);
    self.Remember(piece.last);
    if (self.patience_ > 0) {
      self.loop_.timers().Arm(self.stall_, io::Now().Plus(self.patience_));
    }
    if (self.Send(self.out_) != io::Errc::kOk) self.EndWith({0, io::Errc::kClosed, 0});
  }
  void EndWith(io::Result why) noexcept {
    loop_.timers().Disarm(stall_);
    if (end_.ok()) end_ = why;
    End();
  }
  // The piece that is echoed now, if it is a message's first.
  void Remember(bool last) noexcept {
    if (begins_) {
      last_message_.assign(reinterpret_cast<const char*>(piece_.data()), std::min(filled_, kShort));
    }
    begins_ = last;
  }
  static void OnSent(io::ws_frames::Outgoing& out, io::Result r) noexcept {
    EchoSession& self = *static_cast<Out&>(out).session;
    self.loop_.timers().Disarm(self.stall_);
    self.filled_ = 0;
    r.ok() ? self.ReadOn() : self.EndWith(r);
  }

  io::Loop<B>& loop_;
  const int64_t patience_;  // nanoseconds for a piece to be sent; 0: no bound
  void* const owner_;
  const Over over_;
  Over on_opened_ = nullptr;
  std::vector<std::byte> piece_;
  size_t filled_ = 0;   // of it, by the message that is being read
  bool begins_ = true;  // the next piece is the first of a message
  std::string last_message_;
  io::Result opened_;
  io::Result end_;
  bool stalled_ = false;
  Out out_;
  Stall stall_;  // armed while a piece is being sent
};

}  // namespace tare::suites::ws_frames
