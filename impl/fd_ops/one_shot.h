// SPDX-License-Identifier: Apache-2.0
// One shot: a connection is dialled, carries one message there and back, and is closed.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/ends.h"
#include "impl/fd_ops/on_one_loop.h"
#include "impl/fd_ops/reference.h"

namespace tare::io::fd_ops {

// An answer that makes its connections itself: `active` of them in each trip, one exchange each. As
// Answer otherwise.
//
// A client's TCP socket resets on close, and clients close first: when the reply is there nothing
// can be lost by that, no port stays behind in TIME_WAIT, and so 28,000 ports last for ever.
// clang-format off
template <class A>
concept DialingAnswer = requires(A a, Transport transport, const Exchange& exchange, int i) {
  requires std::default_initializable<A>;
  { A::WhyNot() } noexcept -> std::same_as<const char*>;
  { a.Open(transport, exchange) } -> std::same_as<Result>;  // listens
  { a.Trip() } noexcept -> std::same_as<Result>;
  { a.Received(i) } noexcept -> std::same_as<std::span<const std::byte>>;
  { a.Message(i) } noexcept -> std::same_as<std::span<std::byte>>;
  { a.Close() } noexcept -> std::same_as<void>;
};
// clang-format on

// Bare calls in an order that needs no waiting: socket, linger, connect, accept, send, receive,
// send, receive, close, close. Knows no deadlines.
class OneShotFloor {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  OneShotFloor() = default;
  ~OneShotFloor() { Close(); }
  OneShotFloor(const OneShotFloor&) = delete;
  OneShotFloor& operator=(const OneShotFloor&) = delete;

  Result Open(Transport transport, const Exchange& exchange);
  Result Trip() noexcept;
  std::span<const std::byte> Received(int i) noexcept {
    return {ends_.ClientBuffer(static_cast<size_t>(i)), ends_.received[static_cast<size_t>(i)]};
  }
  std::span<std::byte> Message(int i) noexcept {
    return {ends_.Message(static_cast<size_t>(i)), ends_.exchange.size};
  }
  void Close() noexcept;

 private:
  Result Exchanged() noexcept;

  Transport transport_{};
  Address at_;
  Handle listener_ = kNoHandle;
  Ends ends_;
};

// A new socket for a client, or why there is none.
Result NewClient(Transport transport, bool blocking) noexcept;

// The same by callbacks on one loop. The descriptors are made once and opened anew in every trip.
template <class Fd>
class OneShot : public OnOneLoop<Fd> {
  using Base = OnOneLoop<Fd>;

 public:
  ~OneShot() { Close(); }

  Result Open(Transport transport, const Exchange& exchange) {
    transport_ = transport;
    Base::Reserve(2 * static_cast<size_t>(exchange.active), exchange);
    at_ = Loopback(transport);
    const Result listening = Listen(transport, at_, std::max(128, exchange.active));
    if (!listening.ok()) return listening;
    const Result opened = listener_.Open(static_cast<Handle>(listening.n));
    if (!opened.ok()) {
      (void)CloseHandle(static_cast<Handle>(listening.n));
      return opened;
    }
    for (int i = 0; i < exchange.active; ++i) {
      clients_.push_back(Base::template NewEnd<End>());
      servers_.push_back(Base::template NewEnd<End>());
    }
    return {};
  }

  Result Trip() noexcept {
    Base::Expect(2 * clients_.size());
    accepted_ = 0;
    if (!accepting_) AwaitConnection();
    for (auto& client : clients_) Dial(*client);
    const Result r = Base::TurnUntilDone();
    Base::CloseEnds(clients_, servers_);
    return r;
  }

  std::span<const std::byte> Received(int i) noexcept {
    End& client = *clients_[static_cast<size_t>(i)];
    return {client.buffer.data(), client.received};
  }
  std::span<std::byte> Message(int i) noexcept { return clients_[static_cast<size_t>(i)]->message; }

  void Close() noexcept {
    Base::CloseEnds(clients_, servers_);
    listener_.closed = false;
    if (listener_.Fd::Close(&OnListenerClosed) == Errc::kOk) {
      while (!listener_.closed) Base::loop_.Turn();
    }
  }

 private:
  using End = typename Base::End;

  struct Listener : Fd {
    explicit Listener(OneShot& the_shot) : Fd(the_shot.loop_), shot(the_shot) {}
    OneShot& shot;
    bool closed = false;
  };

  void Dial(End& client) noexcept {
    const Result made = NewClient(transport_, /*blocking=*/false);
    if (!made.ok()) return Base::Failed(made);
    if (!Reopen(client, static_cast<Handle>(made.n))) return;
    if (Base::exchange_.deadlines) (void)client.SetWriteDeadline(CoarseNow().Plus(Base::kHour));
    client.Connect(at_, &OnConnected);
  }

  // The one accept there is; it may be pending from one trip to the next.
  void AwaitConnection() noexcept {
    accepting_ = true;
    if (Base::exchange_.deadlines) {
      (void)listener_.SetReadDeadline(CoarseNow().Plus(Base::kHour));
    }
    listener_.Accept(nullptr, &OnAccepted);
  }

  // Whether the end could be opened anew. The handle is closed if not.
  bool Reopen(End& end, Handle handle) noexcept {
    end.received = 0;
    Result r;
    Base::OpenEnd(end, handle, r);
    if (!r.ok()) Base::Failed(r);
    return r.ok();
  }

  static void OnConnected(Fd& fd, Result r) noexcept {
    End& client = static_cast<End&>(fd);
    if (!r.ok()) return client.Failed(r);
    client.Send(client.message, &Base::OnSent);
    client.Await(&Base::OnReply);
  }

  static void OnAccepted(Fd& fd, Result r) noexcept {
    OneShot& shot = static_cast<Listener&>(fd).shot;
    shot.accepting_ = false;
    if (!r.ok()) return shot.Failed(r);
    if (shot.closing() || shot.accepted_ == shot.servers_.size()) {
      (void)CloseHandle(static_cast<Handle>(r.n));  // of a trip that failed, or a stranger's
      return;
    }
    End& server = *shot.servers_[shot.accepted_++];
    if (!shot.Reopen(server, static_cast<Handle>(r.n))) return;
    server.Await(&OnRequest);
    if (shot.accepted_ < shot.servers_.size()) shot.AwaitConnection();
  }

  static void OnRequest(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.Failed(r);
    const auto n = static_cast<size_t>(r.n);
    server.Send(server.buffer.subspan(server.received, n), &OnAnswered);
    server.received += n;
  }

  static void OnAnswered(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.Failed(r);
    if (server.received < server.message.size()) server.Await(&OnRequest);
  }

  static void OnListenerClosed(Fd& fd, Result) noexcept {
    static_cast<Listener&>(fd).closed = true;
  }

  Listener listener_{*this};
  Transport transport_{};
  Address at_;
  std::vector<std::unique_ptr<End>> clients_;
  std::vector<std::unique_ptr<End>> servers_;
  size_t accepted_ = 0;  // in this trip
  bool accepting_ = false;
};

template <class B>
using OneShotBaseline = OneShot<BaselineFd<B>>;
template <class B>
using OneShotReference = OneShot<Fd<B>>;

static_assert(DialingAnswer<OneShotFloor>);

}  // namespace tare::io::fd_ops
