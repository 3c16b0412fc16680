// SPDX-License-Identifier: Apache-2.0
// SharedEndpoint: an endpoint for any number of threads; calls block, and allocate nothing.
#pragma once

#include <span>
#include <string_view>

#include "impl/loop/park.h"
#include "impl/ws_frames/endpoint.h"

namespace tare::io::ws_frames {

// Each call posts a node in the caller's frame to the loop's thread, which is another one, and
// parks until it has ended there. Contexts end, deadlines pass and Close is called on whatever
// thread.
template <Backend B>
class SharedEndpoint {
 public:
  SharedEndpoint(Loop<B>& loop, Role role, const Limits& limits = {}) noexcept
      : loop_(loop), endpoint_(*this, role, limits) {}
  SharedEndpoint(const SharedEndpoint&) = delete;
  SharedEndpoint& operator=(const SharedEndpoint&) = delete;
  // Wants it closed, or never opened, and no call under way.
  ~SharedEndpoint() = default;

  // As of Endpoint; they return when the handshake is over.
  Result Open(Handle h) noexcept {
    Call call{.kind = Call::kOpen, .handle = h};
    return Wait(call).result;
  }
  Result Accept(Handle h) noexcept {
    Call call{.kind = Call::kAccept, .handle = h};
    return Wait(call).result;
  }
  Result Connect(Handle h, std::string_view host, std::string_view resource) noexcept {
    Call call{.kind = Call::kConnect, .handle = h, .text = host, .resource = resource};
    return Wait(call).result;
  }

  // kInvalid while another thread reads.
  Piece Read(Context& context, std::span<std::byte> to) noexcept {
    Call call{.kind = Call::kRead, .context = &context, .to = to};
    return Wait(call);
  }

  // A message that is sent in one frame or several; see Outgoing, whose `done` is not the caller's.
  class Frames : public Outgoing {
    friend class SharedEndpoint;
    void* call_ = nullptr;
  };
  // Its next frame, in line behind those of other threads.
  Result Send(Frames& frames) noexcept {
    Call call{.kind = Call::kSend, .frames = &frames};
    return Wait(call).result;
  }
  Result Send(Opcode opcode, std::span<const std::byte> payload) noexcept {
    Frames frames;
    frames.opcode = opcode;
    frames.payload = payload;
    return Send(frames);
  }

  // Returns when the descriptor is closed. kClosed if another thread was first; kInvalid for what
  // may not be said.
  Result Close(uint16_t code, std::string_view reason) noexcept {
    Call call{.kind = Call::kClose, .text = reason, .code = code};
    return Wait(call).result;
  }

  // What Endpoint says of itself; after Close.
  uint16_t close_code() const noexcept { return endpoint_.close_code(); }
  // The same after Accept or Connect, until the next of them.
  const Opening& handshake() const noexcept { return endpoint_.handshake(); }

 private:
  // One blocking call, in the frame of the thread that makes it.
  struct Call {
    enum Kind : uint8_t { kOpen, kAccept, kConnect, kRead, kSend, kClose };

    Kind kind;
    Handle handle = kNoHandle;
    std::string_view text{};
    std::string_view resource{};
    Context* context = nullptr;
    std::span<std::byte> to{};
    Frames* frames = nullptr;
    uint16_t code = 0;

    Piece piece{};
    Parker parker{};
  };

  struct Posted : Task {
    SharedEndpoint* shared = nullptr;
    Call* call = nullptr;
  };

  struct Inner : Endpoint<B> {
    Inner(SharedEndpoint& s, Role role, const Limits& limits)
        : Endpoint<B>(s.loop_, role, limits), shared(s) {}
    SharedEndpoint& shared;
  };
  static SharedEndpoint& Of(Endpoint<B>& endpoint) noexcept {
    return static_cast<Inner&>(endpoint).shared;
  }

  Piece Wait(Call& call) noexcept {
    TARE_CHECK(!loop_.OnThread());
    Posted posted;
    posted.run = [](Task& task) noexcept {
      auto& p = static_cast<Posted&>(task);
      p.shared->Do(*p.call);
    };
    posted.shared = this;
    posted.call = &call;
    loop_.Post(posted);
    call.parker.Park();
    return call.piece;
  }

  // What follows runs on the loop's thread.

  // The caller's frame may be gone when this returns, and after Close all of this.
  static void End(Call* call, const Piece& piece) noexcept {
    call->piece = piece;
    call->parker.Unpark();
  }
  static void EndUnlessOk(Call& call, Result r) noexcept {
    if (!r.ok()) End(&call, {r});
  }

  void Do(Call& call) noexcept {
    const auto opened = [](Endpoint<B>& e, Result r) noexcept {
      End(std::exchange(Of(e).opener_, nullptr), {r});
    };
    switch (call.kind) {
      case Call::kOpen:
        return End(&call, {endpoint_.Open(call.handle)});
      case Call::kAccept:
        opener_ = &call;
        return EndUnlessOk(call, endpoint_.Accept(call.handle, opened));
      case Call::kConnect:
        opener_ = &call;
        return EndUnlessOk(call, endpoint_.Connect(call.handle, call.text, call.resource, opened));
      case Call::kRead: {
        const Errc refused =
            endpoint_.Read(*call.context, call.to, [](Endpoint<B>& e, const Piece& piece) noexcept {
              End(std::exchange(Of(e).reader_, nullptr), piece);
            });
        if (refused != Errc::kOk) return End(&call, {{0, refused, 0}});
        reader_ = &call;
        return;
      }
      case Call::kSend: {
        call.frames->call_ = &call;
        call.frames->done = [](Outgoing& out, Result r) noexcept {
          End(static_cast<Call*>(static_cast<Frames&>(out).call_), {r});
        };
        return EndUnlessOk(call, {0, endpoint_.Send(*call.frames), 0});
      }
      case Call::kClose: {
        const Errc refused =
            endpoint_.Close(call.code, call.text, [](Endpoint<B>& e, Result r) noexcept {
              End(std::exchange(Of(e).closer_, nullptr), {r});
            });
        if (refused != Errc::kOk) return End(&call, {{0, refused, 0}});
        closer_ = &call;
        return;
      }
    }
  }

  Loop<B>& loop_;
  Inner endpoint_;
  Call* opener_ = nullptr;
  Call* reader_ = nullptr;
  Call* closer_ = nullptr;
};

}  // namespace tare::io::ws_frames
