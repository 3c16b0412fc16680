// SPDX-License-Identifier: Apache-2.0
// The reference's whole messages over a connection and back, on a backend: see MessageAnswer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "impl/base/socket.h"
#include "impl/ws_frames/endpoint.h"

namespace tare::io::ws_frames {

// Allocates nothing in a trip.
template <Backend B>
class MessageEcho {
 public:
  static const char* WhyNot() noexcept { return B::WhyNot(); }

  MessageEcho() = default;
  ~MessageEcho() { Close(); }

  Result Open(const Pair& pair, size_t size) {
    message_.resize(size);
    client_ = std::make_unique<End>(*this, Role::kClient, size);
    server_ = std::make_unique<End>(*this, Role::kServer, size);
    Result r = client_->Open(pair.client);
    if (!r.ok()) {
      client_.reset();
      server_.reset();
      Pair both = pair;
      CloseAll({&both, 1});
      return r;
    }
    r = server_->Open(pair.server);
    if (!r.ok()) {
      (void)CloseHandle(pair.server);
      server_.reset();
      return r;
    }
    server_->ReadOn();
    return r;
  }

  Result Trip() noexcept {
    failed_ = {};
    came_back_ = false;
    client_->filled = 0;
    client_->out.payload = message_;
    client_->ReadOn();
    const Errc e = client_->Send(client_->out);
    if (e != Errc::kOk) return {0, e, 0};
    while ((!came_back_ || client_->sending || server_->sending) && failed_.ok()) loop_.Turn();
    return failed_;
  }

  std::span<std::byte> Message() noexcept { return message_; }
  std::span<const std::byte> Received() noexcept {
    return std::span(client_->buffer).first(client_->filled);
  }

  void Close() noexcept {
    int open = 0;
    for (End* end : {client_.get(), server_.get()}) {
      if (end == nullptr) continue;
      end->closes = true;
      const Errc e = end->Close(
          close_code::kNormal, "",
          [](Endpoint<B>& endpoint, Result) noexcept { --*static_cast<End&>(endpoint).open; });
      end->open = &open;
      open += e == Errc::kOk;
    }
    while (open > 0) loop_.Turn();
    client_.reset();
    server_.reset();
  }

 private:
  struct End : Endpoint<B> {
    struct Out : Outgoing {
      End* end = nullptr;
    };

    End(MessageEcho& e, Role r, size_t size) : Endpoint<B>(e.loop_, r), echo(e), role(r) {
      buffer.resize(std::max<size_t>(size, 1));
      out.end = this;
      out.done = [](Outgoing& o, Result result) noexcept {
        End& end = *static_cast<Out&>(o).end;
        end.sending = false;
        if (!result.ok()) end.echo.Failed(result);
      };
    }

    void ReadOn() noexcept {
      (void)this->Read(
          Context::None(), std::span(buffer).subspan(filled),
          [](Endpoint<B>& e, const Piece& piece) noexcept { static_cast<End&>(e).Got(piece); });
    }
    Errc Send(Outgoing& o) noexcept {
      sending = true;
      return Endpoint<B>::Send(o);
    }
    void Got(const Piece& piece) noexcept {
      if (!piece.result.ok()) return closes ? void() : echo.Failed(piece.result);
      filled += static_cast<size_t>(piece.result.n);
      if (!piece.last) return ReadOn();
      if (role == Role::kClient) {
        echo.came_back_ = true;
        return;
      }
      out.payload = std::span(buffer).first(filled);
      filled = 0;
      if (const Errc e = Send(out); e != Errc::kOk) return echo.Failed({0, e, 0});
      ReadOn();  // what comes next comes after this has come back
    }

    MessageEcho& echo;
    const Role role;
    Out out;
    std::vector<std::byte> buffer;
    size_t filled = 0;
    bool sending = false;
    bool closes = false;
    int* open = nullptr;
  };

  void Failed(Result r) noexcept {
    if (failed_.ok()) failed_ = r;
  }

  Loop<B> loop_;
  std::vector<std::byte> message_;
  std::unique_ptr<End> client_;
  std::unique_ptr<End> server_;
  bool came_back_ = false;
  Result failed_;
};

}  // namespace tare::io::ws_frames
