// SPDX-License-Identifier: Apache-2.0
// The system calls of the floor that sends and receives at both ends.
#include "impl/fd_ops/both_ways.h"

#include <sys/socket.h>

#include <cerrno>

namespace tare::io::fd_ops {
namespace {

// What one call moved; 0 where it would have blocked.
Result Moved(ssize_t n) noexcept {
  if (n > 0) return {n};
  if (n == 0) return {0, Errc::kEof, 0};
  return errno == EAGAIN ? Result{} : Result{0, FromErrno(errno), errno};
}

}  // namespace

Result BothWaysFloor::Open(std::span<const Pair> pairs, const Exchange& exchange) {
  exchange_ = exchange;
  ends_.Open(pairs, {.size = 0, .buf = 0});
  arena_.resize(2 * pairs.size() * Room());
  moved_.resize(2 * pairs.size());
  return {};
}

Result BothWaysFloor::Trip() noexcept {
  const size_t ends = 2 * static_cast<size_t>(exchange_.active);
  for (size_t end = 0; end < ends; ++end) moved_[end] = {};
  for (size_t left = ends; left > 0;) {
    for (size_t end = 0; end < ends; ++end) {
      Moved& moved = moved_[end];
      if (moved.sent == exchange_.size) continue;
      const Pair& pair = ends_.pairs[end / 2];
      const Result r =
          fd_ops::Moved(send(end % 2 == 0 ? pair.client : pair.server,
                             Message(static_cast<int>(end)).data() + moved.sent,
                             exchange_.size - moved.sent, MSG_NOSIGNAL | MSG_DONTWAIT));
      if (!r.ok()) return r;
      moved.sent += static_cast<size_t>(r.n);
    }
    for (size_t end = 0; end < ends; ++end) {
      Moved& moved = moved_[end];
      if (moved.received >= exchange_.size) continue;
      const Pair& pair = ends_.pairs[end / 2];
      std::byte* const buffer = arena_.data() + end * Room() + exchange_.size;
      const Result r =
          fd_ops::Moved(recv(end % 2 == 0 ? pair.client : pair.server, buffer + moved.received,
                             exchange_.buf - moved.received, MSG_DONTWAIT));
      if (!r.ok()) return r;
      moved.received += static_cast<size_t>(r.n);
      if (moved.received >= exchange_.size) --left;  // more is for the check to see
    }
  }
  return {};
}

}  // namespace tare::io::fd_ops
