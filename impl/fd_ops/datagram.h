// SPDX-License-Identifier: Apache-2.0
// The answers for datagrams: each message goes to an address, and comes from one.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/ends.h"
#include "impl/fd_ops/on_one_loop.h"
#include "impl/fd_ops/reference.h"

namespace tare::io::fd_ops {

// Bare calls: sendto, recvfrom, sendto to whom it came from, recvfrom. The sockets are bound and
// not connected.
class DatagramFloor {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  Result Open(std::span<const Pair> pairs, const Exchange& exchange);
  Result Trip() noexcept;
  std::span<const std::byte> Received(int i) noexcept {
    return {ends_.ClientBuffer(static_cast<size_t>(i)), ends_.received[static_cast<size_t>(i)]};
  }
  std::span<std::byte> Message(int i) noexcept {
    return {ends_.Message(static_cast<size_t>(i)), ends_.exchange.size};
  }
  void Close() noexcept { ends_.Close(); }

 private:
  Ends ends_;
  std::vector<Address> servers_;
};

// Round trips of datagrams by callbacks on one loop: a server sends each back to where it came
// from. The exchange's deadlines and idle connections mean nothing here: all connections are
// active.
template <class Fd>
class DatagramEcho : public OnOneLoop<Fd> {
  using Base = OnOneLoop<Fd>;

 public:
  ~DatagramEcho() { Close(); }

  Result Open(std::span<const Pair> pairs, const Exchange& exchange) {
    Base::Reserve(2 * pairs.size(), exchange);
    Result r;
    for (const Pair& pair : pairs) {
      clients_.push_back(Base::template NewEnd<End>());
      servers_.push_back(Base::template NewEnd<End>());
      clients_.back()->to = LocalAddress(pair.server);
      Base::OpenEnd(*clients_.back(), pair.client, r);
      Base::OpenEnd(*servers_.back(), pair.server, r);
    }
    if (!r.ok()) {
      Close();
      return r;
    }
    for (auto& server : servers_) server->AwaitDatagram(&OnRequest);
    return r;
  }

  Result Trip() noexcept {
    Base::Expect(2 * clients_.size());
    for (auto& client : clients_) {
      client->WriteTo(client->message, client->out, &Base::OnSent);
      client->AwaitDatagram(&OnReply);
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
    End(OnOneLoop<Fd>& the_owner, std::byte* room) : Base::End(the_owner, room) {
      in.peer = &from;
      out.peer = &to;
    }

    void AwaitDatagram(typename Fd::Done done) noexcept { Fd::ReadFrom(this->buffer, in, done); }

    Address from;  // of what was received last
    Address to;
    io::Message in;
    io::Message out;
  };

  static void OnRequest(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.Failed(r);
    server.to = server.from;
    server.WriteTo(server.buffer.first(static_cast<size_t>(r.n)), server.out, &OnAnswered);
  }

  static void OnAnswered(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.Failed(r);
    server.AwaitDatagram(&OnRequest);
  }

  static void OnReply(Fd& fd, Result r) noexcept {
    End& client = static_cast<End&>(fd);
    if (!r.ok()) return client.Failed(r);
    client.received = static_cast<size_t>(r.n);
    client.OneLess();
  }

  std::vector<std::unique_ptr<End>> clients_;
  std::vector<std::unique_ptr<End>> servers_;
};

template <class B>
using DatagramBaseline = DatagramEcho<BaselineFd<B>>;
template <class B>
using DatagramReference = DatagramEcho<Fd<B>>;

static_assert(Answer<DatagramFloor>);

}  // namespace tare::io::fd_ops
