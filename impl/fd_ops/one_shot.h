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
Result NewClient(Transport transport) noexcept;

// The same by callbacks on one loop. The descriptors are made once and opened anew in every trip.
template <class Fd>
class OneShot {
 public:
  static const char* WhyNot() noexcept { return Fd::WhyNot(); }

  OneShot() = default;
  ~OneShot() { Close(); }

  Result Open(Transport transport, const Exchange& exchange) {
    transport_ = transport;
    exchange_ = exchange;
    at_ = Loopback(transport);
    const Result listening = Listen(transport, at_, std::max(128, exchange.active));
    if (!listening.ok()) return listening;
    const Result opened = listener_.Open(static_cast<Handle>(listening.n));
    if (!opened.ok()) {
      (void)CloseHandle(static_cast<Handle>(listening.n));
      return opened;
    }
    for (int i = 0; i < exchange.active; ++i) {
      clients_.push_back(std::make_unique<End>(*this));
      servers_.push_back(std::make_unique<End>(*this));
    }
    return {};
  }

  Result Trip() noexcept {
    failed_ = {};
    accepted_ = 0;
    left_ = 2 * clients_.size();
    if (!accepting_) AwaitConnection();
    for (auto& client : clients_) Dial(*client);
    while (left_ > 0 && failed_.ok()) loop_.Turn();
    CloseAll(clients_);
    CloseAll(servers_);
    return failed_;
  }

  std::span<const std::byte> Received(int i) noexcept {
    End& client = *clients_[static_cast<size_t>(i)];
    return {client.buffer.data(), client.received};
  }
  std::span<std::byte> Message(int i) noexcept { return clients_[static_cast<size_t>(i)]->message; }

  void Close() noexcept {
    CloseAll(clients_);
    CloseAll(servers_);
    closing_ = true;
    closed_ = 0;
    if (listener_.Fd::Close(&OnListenerClosed) == Errc::kOk) {
      while (closed_ == 0) loop_.Turn();
    }
    closing_ = false;
  }

 private:
  static constexpr int64_t kHour = int64_t{3600} * 1'000'000'000;

  struct End : Fd {
    explicit End(OneShot& the_shot)
        : Fd(the_shot.loop_),
          shot(the_shot),
          message(the_shot.exchange_.size),
          buffer(the_shot.exchange_.buf) {}

    void Await(typename Fd::Done done) noexcept {
      if (shot.exchange_.deadlines) (void)Fd::SetReadDeadline(CoarseNow().Plus(kHour));
      Fd::Read(std::span(buffer).subspan(received), done);
    }
    void Send(std::span<const std::byte> bytes, typename Fd::Done done) noexcept {
      if (shot.exchange_.deadlines) (void)Fd::SetWriteDeadline(CoarseNow().Plus(kHour));
      Fd::Write(bytes, done);
    }

    OneShot& shot;
    std::vector<std::byte> message;
    std::vector<std::byte> buffer;
    size_t received = 0;
  };

  struct Listener : Fd {
    explicit Listener(OneShot& the_shot) : Fd(the_shot.loop_), shot(the_shot) {}
    OneShot& shot;
  };

  void Dial(End& client) noexcept {
    const Result made = NewClient(transport_);
    if (!made.ok()) return Failed(made);
    if (!OpenEnd(client, static_cast<Handle>(made.n))) return;
    if (exchange_.deadlines) (void)client.SetWriteDeadline(CoarseNow().Plus(kHour));
    client.Connect(at_, &OnConnected);
  }

  // The one accept there is; it may be pending from one trip to the next.
  void AwaitConnection() noexcept {
    accepting_ = true;
    if (exchange_.deadlines) (void)listener_.SetReadDeadline(CoarseNow().Plus(kHour));
    listener_.Accept(nullptr, &OnAccepted);
  }

  // Opens the end, or closes the handle if that failed.
  bool OpenEnd(End& end, Handle handle) noexcept {
    end.received = 0;
    const Result r = end.Open(handle);
    if (r.ok()) return true;
    (void)CloseHandle(handle);
    Failed(r);
    return false;
  }

  void CloseAll(std::vector<std::unique_ptr<End>>& ends) noexcept {
    closing_ = true;
    closed_ = 0;
    size_t open = 0;
    for (auto& end : ends) open += end->Fd::Close(&OnClosed) == Errc::kOk ? 1 : 0;
    while (closed_ < open) loop_.Turn();
    closing_ = false;
  }

  void Failed(Result r) noexcept {
    if (failed_.ok() && !closing_) failed_ = r;
  }

  static void OnConnected(Fd& fd, Result r) noexcept {
    End& client = static_cast<End&>(fd);
    if (!r.ok()) return client.shot.Failed(r);
    client.Send(client.message, &OnSent);
    client.Await(&OnReply);
  }

  static void OnAccepted(Fd& fd, Result r) noexcept {
    OneShot& shot = static_cast<Listener&>(fd).shot;
    shot.accepting_ = false;
    if (!r.ok()) return shot.Failed(r);
    End& server = *shot.servers_[shot.accepted_++];
    if (!shot.OpenEnd(server, static_cast<Handle>(r.n))) return;
    server.Await(&OnRequest);
    if (shot.accepted_ < shot.servers_.size()) shot.AwaitConnection();
  }

  static void OnRequest(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.shot.Failed(r);
    const auto n = static_cast<size_t>(r.n);
    server.Send(std::span(server.buffer).subspan(server.received, n), &OnAnswered);
    server.received += n;
  }

  static void OnAnswered(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.shot.Failed(r);
    if (server.received < server.shot.exchange_.size) server.Await(&OnRequest);
  }

  static void OnSent(Fd& fd, Result r) noexcept {
    End& client = static_cast<End&>(fd);
    if (!r.ok()) return client.shot.Failed(r);
    --client.shot.left_;
  }

  static void OnReply(Fd& fd, Result r) noexcept {
    End& client = static_cast<End&>(fd);
    if (!r.ok()) return client.shot.Failed(r);
    client.received += static_cast<size_t>(r.n);
    if (client.received < client.message.size()) return client.Await(&OnReply);
    --client.shot.left_;
  }

  static void OnClosed(Fd& fd, Result) noexcept { ++static_cast<End&>(fd).shot.closed_; }
  static void OnListenerClosed(Fd& fd, Result) noexcept {
    ++static_cast<Listener&>(fd).shot.closed_;
  }

  typename Fd::LoopType loop_;
  Listener listener_{*this};
  Transport transport_{};
  Exchange exchange_;
  Address at_;
  std::vector<std::unique_ptr<End>> clients_;
  std::vector<std::unique_ptr<End>> servers_;
  size_t accepted_ = 0;  // in this trip
  size_t left_ = 0;
  size_t closed_ = 0;
  bool accepting_ = false;
  bool closing_ = false;
  Result failed_;
};

template <class B>
using OneShotBaseline = OneShot<BaselineFd<B>>;
template <class B>
using OneShotReference = OneShot<Fd<B>>;

static_assert(DialingAnswer<OneShotFloor>);

}  // namespace tare::io::fd_ops
