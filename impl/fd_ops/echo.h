// SPDX-License-Identifier: Apache-2.0
// Echo: turns a descriptor into an answer that makes round trips, by callbacks on one loop.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/on_one_loop.h"

namespace tare::io::fd_ops {

// Servers send back what they receive, whenever it comes. A client sends its message, and its trip
// is over when as many bytes have come back and its own write has ended.
template <class Fd>
class Echo : public OnOneLoop<Fd> {
  using Base = OnOneLoop<Fd>;

 public:
  ~Echo() { Close(); }

  Result Open(std::span<const Pair> pairs, const Exchange& exchange) {
    Base::Reserve(2 * pairs.size(), exchange);
    Result r = Register();
    for (const Pair& pair : pairs) {
      clients_.push_back(Base::template NewEnd<End>());
      servers_.push_back(Base::template NewEnd<End>());
      Base::OpenEnd(*clients_.back(), pair.client, r);
      Base::OpenEnd(*servers_.back(), pair.server, r);
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
    for (size_t i = static_cast<size_t>(exchange.active); i < clients_.size(); ++i) {
      clients_[i]->Await(&Base::OnReply);
    }
    return r;
  }

  Result Trip() noexcept {
    const auto active = static_cast<size_t>(Base::exchange_.active);
    Base::Expect(2 * active);
    for (size_t i = 0; i < active; ++i) {
      End& client = *clients_[i];
      client.received = 0;
      client.Send(client.message, &Base::OnSent);
      if constexpr (!kMany) client.Await(&Base::OnReply);
    }
    return Base::TurnUntilDone();
  }

  std::span<const std::byte> Received(int i) noexcept {
    End& client = *clients_[static_cast<size_t>(i)];
    return {client.buffer.data(), client.received};
  }
  std::span<std::byte> Message(int i) noexcept { return clients_[static_cast<size_t>(i)]->message; }

  void Close() noexcept {
    Base::CloseEnds(clients_, servers_);
    clients_.clear();
    servers_.clear();
  }

 private:
  struct End : Base::End {
    using Base::End::End;

    // What is lent is kept where it was not received into. False: there is no room.
    bool Keep(std::span<const std::byte> lent) noexcept {
      if (lent.size() > this->buffer.size() - this->received) return false;
      std::memcpy(this->buffer.data() + this->received, lent.data(), lent.size());
      this->received += lent.size();
      return true;
    }
    void SendBack() noexcept {
      sending = true;
      this->Send(this->buffer.first(this->received), &OnSentBack);
    }

    // A server's, where many are received: then `received` is what it has not yet sent back.
    bool sending = false;
  };

  // In the mode of that name one receive for ever, into buffers that are only lent, takes the place
  // of one after the other.
  static constexpr bool kMany = [] {
    if constexpr (requires { Fd::LoopType::BackendType::kMode; }) {
      return Fd::LoopType::BackendType::kMode == "recv_many";
    }
    return false;
  }();

  // In the mode of that name the kernel maps the buffers once.
  Result Register() noexcept {
    if constexpr (requires { Fd::LoopType::BackendType::kMode; }) {
      if constexpr (Fd::LoopType::BackendType::kMode == "registered") {
        return Base::loop_.backend().RegisterBuffers(Base::arena().data(), Base::arena().size());
      }
    }
    return {};
  }

  static void OnRequest(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.Failed(r);
    server.Send(server.buffer.first(static_cast<size_t>(r.n)), &OnAnswered);
  }

  static void OnAnswered(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.Failed(r);
    server.Await(&OnRequest);
  }

  static void OnRequestBytes(Fd& fd, std::span<const std::byte> lent) noexcept {
    End& server = static_cast<End&>(fd);
    if (!server.Keep(lent)) return server.Failed({0, Errc::kResource, 0});
    if (!server.sending) server.SendBack();
  }

  static void OnSentBack(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.Failed(r);
    server.sending = false;
    server.received -= static_cast<size_t>(r.n);
    std::memmove(server.buffer.data(), server.buffer.data() + r.n, server.received);
    if (server.received > 0) server.SendBack();
  }

  static void OnReplyBytes(Fd& fd, std::span<const std::byte> lent) noexcept {
    End& client = static_cast<End&>(fd);
    if (!client.Keep(lent)) return client.Failed({0, Errc::kResource, 0});
    if (client.received > client.message.size()) return client.Failed({0, Errc::kResource, 0});
    if (client.received == client.message.size()) client.OneLess();
  }

  static void OnEnd(Fd& fd, Result r) noexcept { static_cast<End&>(fd).Failed(r); }

  std::vector<std::unique_ptr<End>> clients_;
  std::vector<std::unique_ptr<End>> servers_;
};

}  // namespace tare::io::fd_ops
