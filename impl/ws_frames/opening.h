// SPDX-License-Identifier: Apache-2.0
// Opening: the opening handshake of one end, step by step; whoever has the descriptor moves the
// bytes.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "impl/base/errc.h"
#include "impl/ws_frames/frame.h"
#include "impl/ws_frames/handshake.h"

namespace tare::io::ws_frames {

class Opening {
 public:
  // What is to be done next; then it is told so, and says again.
  enum class Step : uint8_t {
    kReceive,  // into room()
    kWrite,    // what to_write() says
    kOpen,     // nothing: frames may be sent, and the first bytes of the peer's are in rest()
    kFailed,   // nothing: why() says why
  };

  // `in` bounds the head of the peer, `out` is for this end's. kFailed with kInvalid if the
  // client's `host` or `resource` cannot stand in a head, with kResource if the system has no
  // random bytes.
  Step BeginServer(std::span<std::byte> in, std::span<std::byte> out) noexcept;
  Step BeginClient(std::span<std::byte> in, std::span<std::byte> out, std::string_view host,
                   std::string_view resource) noexcept;

  Step Received(size_t n) noexcept;
  Step Written() noexcept;

  std::span<std::byte> room() const noexcept { return in_.subspan(size_); }
  std::span<const std::byte> to_write() const noexcept { return to_write_; }
  // Whatever came behind the head, in the same bytes.
  std::span<const std::byte> rest() const noexcept { return in_.first(size_).subspan(head_size_); }
  // kInvalid where the peer does not keep to the protocol, kResource where its head is too long.
  Errc why() const noexcept { return why_; }
  // Of a server: with what it answers, such as 101; 0 before that.
  int status() const noexcept { return status_; }

 private:
  Step Fail(Errc why) noexcept {
    why_ = why;
    return Step::kFailed;
  }

  Role role_ = Role::kServer;
  Errc why_ = Errc::kOk;
  int status_ = 0;
  std::span<std::byte> in_;
  std::span<std::byte> out_;
  std::span<const std::byte> to_write_;
  size_t size_ = 0;  // of what has come
  size_t head_size_ = 0;
  Key key_{};
};

}  // namespace tare::io::ws_frames
