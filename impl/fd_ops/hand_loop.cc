// SPDX-License-Identifier: Apache-2.0
// The system calls of the hand loops over epoll and poll.
#include "impl/fd_ops/hand_loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace tare::io::fd_ops {
namespace {

Result Failed(ssize_t n) noexcept {
  if (n == 0) return {0, Errc::kEof, 0};
  return {0, FromErrno(errno), errno};
}

}  // namespace

inline Result ReadinessHandLoop::SendAll() noexcept {
  for (size_t i = 0; i < static_cast<size_t>(ends_.exchange.active); ++i) {
    ends_.received[i] = 0;
    const ssize_t n =
        send(ends_.pairs[i].client, ends_.Message(i), ends_.exchange.size, MSG_NOSIGNAL);
    if (n <= 0) return Failed(n);
  }
  return {};
}

inline Result ReadinessHandLoop::Serve(size_t end) noexcept {
  const size_t i = end / 2;
  if (end % 2 == 1) {
    const ssize_t n = recv(ends_.pairs[i].server, ends_.ServerBuffer(i), ends_.exchange.buf, 0);
    if (n <= 0) return Failed(n);
    if (send(ends_.pairs[i].server, ends_.ServerBuffer(i), static_cast<size_t>(n), MSG_NOSIGNAL) <
        n)
      return Failed(-1);
    return {0};
  }
  size_t& received = ends_.received[i];
  const ssize_t n = recv(ends_.pairs[i].client, ends_.ClientBuffer(i) + received,
                         ends_.exchange.buf - received, 0);
  if (n <= 0) return Failed(n);
  received += static_cast<size_t>(n);
  return {received == ends_.exchange.size};
}

Result HandLoop<Epoll>::Open(std::span<const Pair> pairs, const Exchange& exchange) {
  ends_.Open(pairs, exchange);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return Failed(-1);
  for (size_t end = 0; end < 2 * pairs.size(); ++end) {
    epoll_event event = {};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = end;
    const Pair& pair = pairs[end / 2];
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, end % 2 == 1 ? pair.server : pair.client, &event) < 0)
      return Failed(-1);
  }
  return {};
}

Result HandLoop<Epoll>::Trip() noexcept {
  if (const Result sent = SendAll(); !sent.ok()) return sent;
  for (int64_t left = ends_.exchange.active; left > 0;) {
    epoll_event events[256];
    const int count = epoll_wait(epoll_, events, std::size(events), -1);
    if (count < 0 && errno != EINTR) return Failed(-1);
    for (int i = 0; i < count; ++i) {
      const Result served = Serve(events[i].data.u64);
      if (!served.ok()) return served;
      left -= served.n;
    }
  }
  return {};
}

void HandLoop<Epoll>::Close() noexcept {
  if (epoll_ >= 0) close(epoll_);
  epoll_ = kNoHandle;
  ends_.Close();
}

Result HandLoop<Poll>::Open(std::span<const Pair> pairs, const Exchange& exchange) {
  static_assert(sizeof(pollfd) == sizeof watched_[0]);
  ends_.Open(pairs, exchange);
  watched_.resize(2 * pairs.size());
  auto* fds = reinterpret_cast<pollfd*>(watched_.data());
  for (size_t i = 0; i < pairs.size(); ++i) {
    fds[2 * i] = {pairs[i].client, POLLIN, 0};
    fds[2 * i + 1] = {pairs[i].server, POLLIN, 0};
  }
  return {};
}

Result HandLoop<Poll>::Trip() noexcept {
  if (const Result sent = SendAll(); !sent.ok()) return sent;
  auto* fds = reinterpret_cast<pollfd*>(watched_.data());
  for (int64_t left = ends_.exchange.active; left > 0;) {
    int count = poll(fds, watched_.size(), -1);
    if (count < 0 && errno != EINTR) return Failed(-1);
    for (size_t end = 0; count > 0; ++end) {
      if (fds[end].revents == 0) continue;
      --count;
      const Result served = Serve(end);
      if (!served.ok()) return served;
      left -= served.n;
    }
  }
  return {};
}

}  // namespace tare::io::fd_ops
