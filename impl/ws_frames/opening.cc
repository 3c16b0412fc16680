// SPDX-License-Identifier: Apache-2.0
// The steps of the opening handshake.
#include "impl/ws_frames/opening.h"

#include <algorithm>

namespace tare::io::ws_frames {
namespace {

std::span<char> AsText(std::span<std::byte> bytes) noexcept {
  return {reinterpret_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace

Opening::Step Opening::BeginServer(std::span<std::byte> in, std::span<std::byte> out) noexcept {
  *this = Opening();
  in_ = in;
  out_ = out;
  return Step::kReceive;
}

Opening::Step Opening::BeginClient(std::span<std::byte> in, std::span<std::byte> out,
                                   std::string_view host, std::string_view resource) noexcept {
  (void)BeginServer(in, out);
  role_ = Role::kClient;
  if (!NewKey(key_)) return Fail(Errc::kResource);
  to_write_ = out_.first(WriteRequest(AsText(out_), host, resource, key_));
  return to_write_.empty() ? Fail(Errc::kInvalid) : Step::kWrite;
}

Opening::Step Opening::Received(size_t n) noexcept {
  size_ += n;
  for (;;) {
    const std::string_view received(AsText(in_).data(), size_);
    if (PassesOver(received)) continue;
    head_size_ = HeadSize(in_.first(size_));
    if (head_size_ > 0) {
      const std::string_view head = received.substr(0, head_size_);
      return role_ == Role::kServer ? Answer(JudgeRequest(head)) : Answered(head);
    }
    if (!room().empty()) return Step::kReceive;
    constexpr const char* kTooLong = "a head that is longer than this end has room for";
    return role_ == Role::kServer ? Answer({.status = 431, .why = kTooLong})
                                  : Fail(Errc::kResource, kTooLong);
  }
}

// Whether what has come begins with something that does not count; that is gone then.
bool Opening::PassesOver(std::string_view received) noexcept {
  if (passed_over_ == kMostPassedOver) return false;
  size_t size = 0;
  if (role_ == Role::kServer) {
    size = received.substr(0, 2) == "\r\n" ? 2 : 0;
  } else if (StatusOf(received).interim()) {
    size = HeadSize(in_.first(size_));
  }
  if (size == 0) return false;
  std::copy(in_.begin() + static_cast<std::ptrdiff_t>(size),
            in_.begin() + static_cast<std::ptrdiff_t>(size_), in_.begin());
  size_ -= size;
  ++passed_over_;
  return true;
}

Opening::Step Opening::Answer(const Request& request) noexcept {
  status_ = request.status;
  why_in_words_ = request.why;
  to_write_ = out_.first(WriteResponse(AsText(out_), request));
  return Step::kWrite;
}

Opening::Step Opening::Answered(std::string_view head) noexcept {
  const Status status = StatusOf(head);
  status_ = status.code;
  const std::string_view reason = status.reason.substr(0, kMostReason);
  reason_size_ = reason.size();
  std::copy(reason.begin(), reason.end(), reason_.begin());
  const char* const why = WhyNotUpgraded(head, key_);
  return why == nullptr ? Step::kOpen : Fail(Errc::kInvalid, why);
}

Opening::Step Opening::Written() noexcept {
  if (role_ == Role::kClient) return Step::kReceive;
  if (status_ == 101) return Step::kOpen;
  return Fail(status_ == 431 ? Errc::kResource : Errc::kInvalid, why_in_words_);
}

}  // namespace tare::io::ws_frames
