// SPDX-License-Identifier: Apache-2.0
// EchoSession: one end of a connection that sends back what it hears, piece by piece, in either
// role.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "impl/ws_frames/endpoint.h"

namespace tare::suites::ws_frames {

// A message of up to 64 KiB goes back whole; a longer one in fragments of that size, so that none
// needs to be kept, however long it is. `Over` is called when everything is closed; it may destroy
// the session.
template <class B>
class EchoSession : public io::ws_frames::Endpoint<B> {
 public:
  using Endpoint = io::ws_frames::Endpoint<B>;
  using Over = void (*)(EchoSession&, void* owner) noexcept;

  EchoSession(io::Loop<B>& loop, io::ws_frames::Role role, const io::ws_frames::Limits& limits,
              void* owner, Over over)
      : Endpoint(loop, role, limits), owner_(owner), over_(over), piece_(kPiece) {
    out_.session = this;
    out_.done = &OnSent;
  }

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

  // The first kShort bytes at most of the message that it has heard last: for whoever wants to know
  // and not only to echo.
  static constexpr size_t kShort = 64;
  const std::string& last_message() const { return last_message_; }
  io::Result opened() const { return opened_; }

 private:
  static constexpr size_t kPiece = 65536;

  struct Out : io::ws_frames::Outgoing {
    EchoSession* session = nullptr;
  };
  static EchoSession& Self(Endpoint& e) noexcept { return static_cast<EchoSession&>(e); }

  static void OnOpened(Endpoint& e, io::Result r) noexcept {
    Self(e).opened_ = r;
    r.ok() ? Self(e).ReadOn() : Self(e).End();
  }
  void ReadOn() noexcept {
    const auto room = std::span(piece_).subspan(filled_);
    if (this->Read(io::ws_frames::Context::None(), room, &OnPiece) != io::Errc::kOk) End();
  }
  static void OnPiece(Endpoint& e, const io::ws_frames::Piece& piece) noexcept {
    EchoSession& self = Self(e);
    if (!piece.result.ok()) return self.End();
    self.filled_ += static_cast<size_t>(piece.result.n);
    if (!piece.last && self.filled_ < self.piece_.size()) return self.ReadOn();
    self.out_.opcode = piece.opcode;
    self.out_.fin = piece.last;
    self.out_.payload = std::span(self.piece_).first(self.filled_);
    self.Remember(piece.last);
    if (self.Send(self.out_) != io::Errc::kOk) self.End();
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
    self.filled_ = 0;
    r.ok() ? self.ReadOn() : self.End();
  }

  void* const owner_;
  const Over over_;
  std::vector<std::byte> piece_;
  size_t filled_ = 0;   // of it, by the message that is being read
  bool begins_ = true;  // the next piece is the first of a message
  std::string last_message_;
  io::Result opened_;
  Out out_;
};

}  // namespace tare::suites::ws_frames
