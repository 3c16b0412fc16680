// SPDX-License-Identifier: Apache-2.0
// Wire: an engine, the descriptor that its bytes go through, and the two pumps between them.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "impl/base/socket.h"
#include "impl/fd_ops/reference.h"
#include "impl/loop/loop.h"
#include "impl/tls_handshake/engine.h"

namespace tare::io::tls_handshake {

// A receive, once begun, stays until something comes, whoever has wanted it: its buffer is the
// engine's, and nobody has to take it back.
template <Backend B>
class Wire {
 public:
  // Something was received or sent, or will not be any more. From Loop::Turn; may destroy nothing.
  using Moved = void (*)(void* owner) noexcept;
  using Closed = void (*)(void* owner, Result) noexcept;

  Wire(Loop<B>& loop, void* owner, Moved moved, Closed closed) noexcept
      : fd_(loop, *this), owner_(owner), moved_(moved), closed_(closed) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Takes `h` over unless it fails. Allocates.
  Result Open(Handle h, const Credentials& credentials, std::string_view name) noexcept {
    Result r = engine_.Open(credentials, name);
    if (!r.ok()) return r;
    r = fd_.Open(h);
    if (!r.ok()) {
      engine_.Close();
      return r;
    }
    (void)SetNoDelay(h);  // a flight is one write, and none is to wait for an acknowledgement
    output_ = {};
    return r;
  }
  // `closed` will be called, which may destroy all of this; no `moved` before that.
  void Close() noexcept {
    closing_ = true;
    (void)fd_.Close([](Fd& fd, Result r) noexcept {
      Wire& wire = Of(fd);
      wire.closing_ = false;
      wire.closed_(wire.owner_, r);
    });
  }

  Engine& engine() noexcept { return engine_; }
  const Engine& engine() const noexcept { return engine_; }
  Handle handle() const noexcept { return fd_.handle(); }
  // How sending has failed, or kOk.
  const Result& output() const noexcept { return output_; }
  // Whether the system has all that was to be sent.
  bool flushed() const noexcept { return !sending_ && engine_.ToSend().empty(); }
  // From now on sending may take so long.
  void BoundOutput(Deadline d) noexcept { (void)fd_.SetWriteDeadline(d); }

  void Receive() noexcept {
    if (closing_ || std::exchange(receiving_, true)) return;
    fd_.Read(engine_.Room(), [](Fd& fd, Result r) noexcept {
      Wire& wire = Of(fd);
      wire.receiving_ = false;
      r.ok() ? wire.engine_.Received(static_cast<size_t>(r.n)) : wire.engine_.InputEnds(r);
      if (!wire.closing_) wire.moved_(wire.owner_);
    });
  }

  void Send() noexcept {
    if (closing_ || sending_ || !output_.ok()) return;
    const auto bytes = engine_.ToSend();
    if (bytes.empty()) return;
    sending_ = true;
    fd_.Write(bytes, [](Fd& fd, Result r) noexcept {
      Wire& wire = Of(fd);
      wire.sending_ = false;
      wire.engine_.Sent(static_cast<size_t>(r.n));
      if (!r.ok()) wire.output_ = {0, r.err, r.os};
      if (!wire.closing_) wire.moved_(wire.owner_);
    });
  }

 private:
  using Fd = fd_ops::Fd<B>;
  struct Inner : Fd {
    Inner(Loop<B>& loop, Wire& w) noexcept : Fd(loop), wire(w) {}
    Wire& wire;
  };
  static Wire& Of(Fd& fd) noexcept { return static_cast<Inner&>(fd).wire; }

  Inner fd_;
  void* const owner_;
  const Moved moved_;
  const Closed closed_;
  Result output_;
  bool receiving_ = false;
  bool sending_ = false;
  bool closing_ = false;
  Engine engine_;
};

}  // namespace tare::io::tls_handshake
