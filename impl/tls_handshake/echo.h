// SPDX-License-Identifier: Apache-2.0
// Echo: turns a connection into an answer that makes round trips, by callbacks on one loop.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "impl/tls_handshake/baseline.h"
#include "impl/tls_handshake/contract.h"
#include "impl/tls_handshake/reference.h"

namespace tare::io::tls_handshake {

// The server sends back what it reads, whenever it comes. A trip is over when as many bytes have
// come back as the client has sent, and its write has ended.
template <class T>
class Echo {
 public:
  static const char* WhyNot() noexcept { return T::WhyNot(); }

  Echo() = default;
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;
  ~Echo() { Close(); }

  Result Open(const Pair& pair, const Exchange& exchange) {
    pair_ = pair;
    size_ = exchange.size;
    message_ = std::make_unique<std::byte[]>(size_);
    received_ = std::make_unique<std::byte[]>(size_);
    client_ = std::make_unique<End>(*this);
    server_ = std::make_unique<End>(*this);
    Result r = client_->OpenOn(pair_.client, *exchange.client, exchange.name);
    if (r.ok()) r = server_->OpenOn(pair_.server, *exchange.server, {});
    if (!r.ok()) return r;
    Serve();
    return Trip();  // the handshake
  }

  Result Trip() noexcept {
    got_ = 0;
    written_ = size_ == 0;
    result_ = {};
    client_->Write(Message(), [](auto& t, Result r) noexcept {
      Echo& echo = Of(t);
      echo.written_ = true;
      echo.Note(r);
    });
    Await();
    while (result_.ok() && !(written_ && got_ == size_)) loop_.Turn();
    return {static_cast<int64_t>(got_), result_.err, result_.os};
  }

  std::span<const std::byte> Received() noexcept { return {received_.get(), got_}; }
  std::span<std::byte> Message() noexcept { return {message_.get(), size_}; }

  void Close() noexcept {
    for (std::unique_ptr<End>* end : {&client_, &server_}) {
      if (*end != nullptr && (*end)->open) {
        (void)(*end)->Close([](auto& t, Result) noexcept { static_cast<End&>(t).open = false; });
      }
    }
    for (std::unique_ptr<End>* end : {&client_, &server_}) {
      while (*end != nullptr && (*end)->open) loop_.Turn();
      end->reset();
    }
    CloseAll({&pair_, 1});  // what was never taken over
    pair_ = {};
  }

 private:
  struct End : T {
    explicit End(Echo& e) noexcept : T(e.loop_), echo(e) {}
    Result OpenOn(Handle& h, const Credentials& credentials, std::string_view name) {
      const Result r = T::Open(h, credentials, name);
      open = r.ok();
      if (open) h = kNoHandle;
      return r;
    }
    Echo& echo;
    bool open = false;
  };
  template <class Base>
  static Echo& Of(Base& t) noexcept {
    return static_cast<End&>(t).echo;
  }

  void Note(Result r) noexcept {
    if (!r.ok() && result_.ok()) result_ = r;
  }

  void Await() noexcept {
    client_->Read({received_.get() + got_, size_ - got_}, [](auto& t, Result r) noexcept {
      Echo& echo = Of(t);
      echo.Note(r);
      echo.got_ += static_cast<size_t>(r.n);
      if (r.ok() && echo.got_ < echo.size_) echo.Await();
    });
  }

  void Serve() noexcept {
    server_->Read(record_, [](auto& t, Result r) noexcept {
      Echo& echo = Of(t);
      if (!r.ok()) return echo.Note(r);
      echo.server_->Write(std::span(echo.record_).first(static_cast<size_t>(r.n)),
                          [](auto& again, Result w) noexcept {
                            if (!w.ok()) return Of(again).Note(w);
                            Of(again).Serve();
                          });
    });
  }

  typename T::LoopType loop_;
  Pair pair_;
  size_t size_ = 0;
  size_t got_ = 0;
  bool written_ = false;
  Result result_;
  std::unique_ptr<std::byte[]> message_;
  std::unique_ptr<std::byte[]> received_;
  std::array<std::byte, 16384> record_;
  std::unique_ptr<End> client_;
  std::unique_ptr<End> server_;
};

template <class B>
using Reference = Echo<Tls<B>>;
template <class B>
using Baseline = Echo<BaselineTls<B>>;

}  // namespace tare::io::tls_handshake
