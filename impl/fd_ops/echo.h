// SPDX-License-Identifier: Apache-2.0
// Echo: turns a descriptor into an answer that makes round trips, by callbacks on one loop.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "impl/fd_ops/contract.h"

namespace tare::io::fd_ops {

// Servers send back what they receive, whenever it comes. A client sends its message, and its trip
// is over when as many bytes have come back and its own write has ended.
template <class Fd>
class Echo {
 public:
  static const char* WhyNot() noexcept { return Fd::WhyNot(); }

  Echo() = default;
  ~Echo() { Close(); }

  Result Open(std::span<const Pair> pairs, const Exchange& exchange) {
    exchange_ = exchange;
    const size_t room = exchange_.size + exchange_.buf;  // of one end
    arena_.resize(2 * pairs.size() * room);
    Result r = Register();
    std::byte* at = arena_.data();
    const auto new_end = [&] { return std::make_unique<End>(*this, std::exchange(at, at + room)); };
    for (const Pair& pair : pairs) {
      clients_.push_back(new_end());
      servers_.push_back(new_end());
      OpenEnd(*clients_.back(), pair.client, r);
      OpenEnd(*servers_.back(), pair.server, r);
    }
    if (!r.ok()) {
      Close();
      return r;
    }
    if constexpr (kMany) {
      for (auto& server : servers_) server->ReadMany(&OnRequestBytes, &OnEnd);
      for (auto& client : clients_) client->ReadMany(&OnReplyBytes, &OnEnd);
      return r;
    }
    for (auto& server : servers_) server->Await(&OnRequest);
    for (size_t i = static_cast<size_t>(exchange_.active); i < clients_.size(); ++i) {
      clients_[i]->Await(&OnReply);
    }
    return r;
  }

  Result Trip() noexcept {
    failed_ = {};
    left_ = 2 * exchange_.active;
    for (int i = 0; i < exchange_.active; ++i) {
      End& client = *clients_[static_cast<size_t>(i)];
      client.received = 0;
      client.Send(client.message, &OnSent);
      if constexpr (!kMany) client.Await(&OnReply);
    }
    while (left_ > 0 && failed_.ok()) loop_.Turn();
    return failed_;
  }

  std::span<const std::byte> Received(int i) noexcept {
    End& client = *clients_[static_cast<size_t>(i)];
    return {client.buffer.data(), client.received};
  }
  std::span<std::byte> Message(int i) noexcept { return clients_[static_cast<size_t>(i)]->message; }

  void Close() noexcept {
    closing_ = true;
    size_t open = 0;
    for (auto* ends : {&clients_, &servers_}) {
      for (auto& end : *ends) {
        if (end->Fd::Close(&OnClosed) == Errc::kOk) ++open;
      }
    }
    closed_ = 0;
    while (closed_ < open) loop_.Turn();
    clients_.clear();
    servers_.clear();
    closing_ = false;
  }

 private:
  struct End : Fd {
    End(Echo& e, std::byte* room)
        : Fd(e.loop_),
          echo(e),
          message(room, e.exchange_.size),
          buffer(room + e.exchange_.size, e.exchange_.buf) {}

    void Await(typename Fd::Done done) noexcept {
      if (echo.exchange_.deadlines) (void)Fd::SetReadDeadline(CoarseNow().Plus(kHour));
      Fd::Read(buffer.subspan(received), done);
    }
    void Send(std::span<const std::byte> bytes, typename Fd::Done done) noexcept {
      if (echo.exchange_.deadlines) (void)Fd::SetWriteDeadline(CoarseNow().Plus(kHour));
      Fd::Write(bytes, done);
    }

    // What is lent is kept where it was not received into. False: there is no room.
    bool Keep(std::span<const std::byte> lent) noexcept {
      if (lent.size() > buffer.size() - received) return false;
      std::memcpy(buffer.data() + received, lent.data(), lent.size());
      received += lent.size();
      return true;
    }
    void SendBack() noexcept {
      sending = true;
      Send(buffer.first(received), &OnSentBack);
    }

    Echo& echo;
    const std::span<std::byte> message;  // in the arena
    const std::span<std::byte> buffer;
    size_t received =
        0;  // a client's, of this trip; where many are received, a server's not yet sent back
    bool sending = false;  // a server's, where many are received
  };

  // In the mode of that name one receive for ever, into buffers that are only lent, takes the place
  // of one after the other.
  static constexpr bool kMany = [] {
    if constexpr (requires { Fd::LoopType::BackendType::kMode; }) {
      return Fd::LoopType::BackendType::kMode == "recv_many";
    }
    return false;
  }();

  static constexpr int64_t kHour = int64_t{3600} * 1'000'000'000;

  // In the mode of that name the kernel maps the buffers once.
  Result Register() noexcept {
    if constexpr (requires { Fd::LoopType::BackendType::kMode; }) {
      if constexpr (Fd::LoopType::BackendType::kMode == "registered") {
        return loop_.backend().RegisterBuffers(arena_.data(), arena_.size());
      }
    }
    return {};
  }

  // Opens the end, or closes the handle if that or an earlier one failed.
  void OpenEnd(End& end, Handle handle, Result& r) noexcept {
    if (r.ok()) {
      r = end.Open(handle);
      if (r.ok()) return;
    }
    (void)CloseHandle(handle);
  }

  void Failed(Result r) noexcept {
    if (failed_.ok() && !closing_) failed_ = r;
  }

  static void OnRequest(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.echo.Failed(r);
    server.Send(server.buffer.first(static_cast<size_t>(r.n)), &OnAnswered);
  }

  static void OnAnswered(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.echo.Failed(r);
    server.Await(&OnRequest);
  }

  static void OnRequestBytes(Fd& fd, std::span<const std::byte> lent) noexcept {
    End& server = static_cast<End&>(fd);
    if (!server.Keep(lent)) return server.echo.Failed({0, Errc::kResource, 0});
    if (!server.sending) server.SendBack();
  }

  static void OnSentBack(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.echo.Failed(r);
    server.sending = false;
    server.received -= static_cast<size_t>(r.n);
    std::memmove(server.buffer.data(), server.buffer.data() + r.n, server.received);
    if (server.received > 0) server.SendBack();
  }

  static void OnReplyBytes(Fd& fd, std::span<const std::byte> lent) noexcept {
    End& client = static_cast<End&>(fd);
    if (!client.Keep(lent)) return client.echo.Failed({0, Errc::kResource, 0});
    if (client.received == client.message.size()) --client.echo.left_;
  }

  static void OnEnd(Fd& fd, Result r) noexcept { static_cast<End&>(fd).echo.Failed(r); }

  static void OnSent(Fd& fd, Result r) noexcept {
    End& client = static_cast<End&>(fd);
    if (!r.ok()) return client.echo.Failed(r);
    --client.echo.left_;
  }

  static void OnReply(Fd& fd, Result r) noexcept {
    End& client = static_cast<End&>(fd);
    if (!r.ok()) return client.echo.Failed(r);
    client.received += static_cast<size_t>(r.n);
    if (client.received < client.message.size()) return client.Await(&OnReply);
    --client.echo.left_;
  }

  static void OnClosed(Fd& fd, Result) noexcept { ++static_cast<End&>(fd).echo.closed_; }

  typename Fd::LoopType loop_;
  Exchange exchange_;
  std::vector<std::byte> arena_;  // all messages and buffers
  std::vector<std::unique_ptr<End>> clients_;
  std::vector<std::unique_ptr<End>> servers_;
  int left_ = 0;
  size_t closed_ = 0;
  bool closing_ = false;
  Result failed_;
};

}  // namespace tare::io::fd_ops
