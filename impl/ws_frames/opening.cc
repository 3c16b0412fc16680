// SPDX-License-Identifier: Apache-2.0
// The steps of the opening handshake.
#include "impl/ws_frames/opening.h"

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
  head_size_ = HeadSize(in_.first(size_));
  if (head_size_ == 0) return room().empty() ? Fail(Errc::kResource) : Step::kReceive;
  const std::string_view head(AsText(in_).data(), head_size_);
  if (role_ == Role::kClient) {
    return WhyNotUpgraded(head, key_) == nullptr ? Step::kOpen : Fail(Errc::kInvalid);
  }
  const Request request = JudgeRequest(head);
  status_ = request.status;
  to_write_ = out_.first(WriteResponse(AsText(out_), request));
  return Step::kWrite;
}

Opening::Step Opening::Written() noexcept {
  if (role_ == Role::kClient) return Step::kReceive;
  return status_ == 101 ? Step::kOpen : Fail(Errc::kInvalid);
}

}  // namespace tare::io::ws_frames
