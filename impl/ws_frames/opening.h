// SPDX-License-Identifier: Apache-2.0
// Opening: the opening handshake of one end, step by step; whoever has the descriptor moves the
// bytes.
#pragma once

#include <array>
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

  // So many empty lines before a request (RFC 9112, 2.2), or interim answers before the one that
  // counts, are passed over. One more is taken for a head.
  static constexpr int kMostPassedOver = 16;
  static constexpr size_t kMostReason = 64;  // bytes of an answer's reason that are kept

  // `in` bounds each head of the peer, `out` is for this end's. kFailed with kInvalid if the
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
  // kInvalid where the peer does not keep to the protocol or refuses, kResource where its head is
  // too long.
  Errc why() const noexcept { return why_; }
  // Which rule the peer's head breaks, in words that live for ever; nullptr: none that is known.
  const char* why_in_words() const noexcept { return why_in_words_; }
  // With what the server answers, such as 101: of a server, its own; of a client, what it was
  // answered, with the reason behind it, cut and in whatever bytes. 0 and "" before that.
  int status() const noexcept { return status_; }
  std::string_view reason() const noexcept { return {reason_.data(), reason_size_}; }

 private:
  Step Fail(Errc why, const char* in_words = nullptr) noexcept {
    why_ = why;
    why_in_words_ = in_words;
    return Step::kFailed;
  }
  bool PassesOver(std::string_view received) noexcept;
  Step Answer(const Request& request) noexcept;
  Step Answered(std::string_view head) noexcept;

  Role role_ = Role::kServer;
  Errc why_ = Errc::kOk;
  const char* why_in_words_ = nullptr;
  int status_ = 0;
  int passed_over_ = 0;
  std::span<std::byte> in_;
  std::span<std::byte> out_;
  std::span<const std::byte> to_write_;
  size_t size_ = 0;  // of what has come, and was not passed over
  size_t head_size_ = 0;
  size_t reason_size_ = 0;
  std::array<char, kMostReason> reason_{};
  Key key_{};
};

}  // namespace tare::io::ws_frames
