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
class DatagramEcho {
 public:
  static const char* WhyNot() noexcept { return Fd::WhyNot(); }

  DatagramEcho() = default;
  ~DatagramEcho() { Close(); }

  Result Open(std::span<const Pair> pairs, const Exchange& exchange) {
    exchange_ = exchange;
    Result r;
    for (const Pair& pair : pairs) {
      clients_.push_back(std::make_unique<End>(*this));
      servers_.push_back(std::make_unique<End>(*this));
      clients_.back()->to = LocalAddress(pair.server);
      OpenEnd(*clients_.back(), pair.client, r);
      OpenEnd(*servers_.back(), pair.server, r);
    }
    if (!r.ok()) {
      Close();
      return r;
    }
    for (auto& server : servers_) server->Await(&OnRequest);
    return r;
  }

  Result Trip() noexcept {
    failed_ = {};
    left_ = 2 * static_cast<int>(clients_.size());
    for (auto& client : clients_) {
      client->WriteTo(client->bytes, client->out, &OnSent);
      client->Await(&OnReply);
    }
    while (left_ > 0 && failed_.ok()) loop_.Turn();
    return failed_;
  }

  std::span<const std::byte> Received(int i) noexcept {
    End& client = *clients_[static_cast<size_t>(i)];
    return {client.buffer.data(), client.received};
  }
  std::span<std::byte> Message(int i) noexcept { return clients_[static_cast<size_t>(i)]->bytes; }

  void Close() noexcept {
    closing_ = true;
    int open = 0;
    for (auto* ends : {&clients_, &servers_}) {
      for (auto& end : *ends) open += end->Fd::Close(&OnClosed) == Errc::kOk ? 1 : 0;
    }
    closed_ = 0;
    while (closed_ < open) loop_.Turn();
    clients_.clear();
    servers_.clear();
    closing_ = false;
  }

 private:
  struct End : Fd {
    explicit End(DatagramEcho& e)
        : Fd(e.loop_), echo(e), bytes(e.exchange_.size), buffer(e.exchange_.buf) {
      in.peer = &from;
      out.peer = &to;
    }

    void Await(typename Fd::Done done) noexcept { Fd::ReadFrom(buffer, in, done); }

    DatagramEcho& echo;
    Address from;  // of what was received last
    Address to;
    io::Message in;
    io::Message out;
    std::vector<std::byte> bytes;
    std::vector<std::byte> buffer;
    size_t received = 0;
  };

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
    server.to = server.from;
    server.WriteTo(std::span(server.buffer).first(static_cast<size_t>(r.n)), server.out,
                   &OnAnswered);
  }

  static void OnAnswered(Fd& fd, Result r) noexcept {
    End& server = static_cast<End&>(fd);
    if (!r.ok()) return server.echo.Failed(r);
    server.Await(&OnRequest);
  }

  static void OnSent(Fd& fd, Result r) noexcept {
    End& client = static_cast<End&>(fd);
    if (!r.ok()) return client.echo.Failed(r);
    --client.echo.left_;
  }

  static void OnReply(Fd& fd, Result r) noexcept {
    End& client = static_cast<End&>(fd);
    if (!r.ok()) return client.echo.Failed(r);
    client.received = static_cast<size_t>(r.n);
    --client.echo.left_;
  }

  static void OnClosed(Fd& fd, Result) noexcept { ++static_cast<End&>(fd).echo.closed_; }

  typename Fd::LoopType loop_;
  Exchange exchange_;
  std::vector<std::unique_ptr<End>> clients_;
  std::vector<std::unique_ptr<End>> servers_;
  int left_ = 0;
  int closed_ = 0;
  bool closing_ = false;
  Result failed_;
};

template <class B>
using DatagramBaseline = DatagramEcho<BaselineFd<B>>;
template <class B>
using DatagramReference = DatagramEcho<Fd<B>>;

static_assert(Answer<DatagramFloor>);

}  // namespace tare::io::fd_ops
