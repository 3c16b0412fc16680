// SPDX-License-Identifier: Apache-2.0
// Feeding and dropping by bare calls.
#include "impl/splice_write_to/ends.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "impl/base/blocking.h"

namespace tare::io::splice_write_to {
namespace {

std::vector<std::byte> MakePattern() {
  std::vector<std::byte> bytes(kPattern);
  uint64_t state = 1;
  for (std::byte& b : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    b = static_cast<std::byte>(state >> 56);
  }
  return bytes;
}

// 0 where it would block.
Result Moved(ssize_t n) noexcept {
  if (n >= 0) return {n};
  if (errno == EAGAIN || errno == EINTR) return {};
  return {0, FromErrno(errno), errno};
}

}  // namespace

std::span<const std::byte> Pattern() noexcept {
  static const std::vector<std::byte> pattern = MakePattern();
  return pattern;
}

void Ends::Open(const Stage& stage) {
  (void)Pattern();
  stage_ = stage;
  if (stage.sink.server == kNoHandle) return;
  (void)SetBlocking(stage.sink.server, false);
  // TCP drops without a copy what is received with MSG_TRUNC (tcp(7)).
  int protocol = 0;
  socklen_t size = sizeof protocol;
  truncates_ = getsockopt(stage.sink.server, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
               protocol == IPPROTO_TCP;
}

void Ends::Close() noexcept {
  for (Handle* h : {&stage_.source.client, &stage_.source.server, &stage_.file, &stage_.sink.client,
                    &stage_.sink.server}) {
    if (*h != kNoHandle) (void)CloseHandle(*h);
    *h = kNoHandle;
  }
}

void Ends::Forget(Handle Pair::*end, bool of_sink) noexcept {
  (of_sink ? stage_.sink : stage_.source).*end = kNoHandle;
}

Result Ends::Begin() noexcept {
  sent_ = dropped_ = 0;
  if (stage_.file != kNoHandle && lseek(stage_.file, 0, SEEK_SET) < 0 && errno != ESPIPE) {
    return {0, FromErrno(errno), errno};
  }
  return {};
}

Result Ends::Serve() noexcept {
  int64_t moved = 0;
  if (sent_ < stage_.size) {
    const size_t at = sent_ % kPattern;
    size_t size = std::min<uint64_t>(kPattern - at, stage_.size - sent_);
    if (stage_.piece > 0) size = std::min<uint64_t>(size, stage_.piece);
    const Result r =
        Moved(send(stage_.source.client, Pattern().data() + at, size, MSG_DONTWAIT | MSG_NOSIGNAL));
    if (!r.ok()) return r;
    sent_ += static_cast<uint64_t>(r.n);
    moved = r.n;
  }
  if (stage_.sink.server == kNoHandle || dropped_ == stage_.size) return {moved};
  const Result r = Drop();
  if (!r.ok()) return r;
  dropped_ += static_cast<uint64_t>(r.n);
  return {moved + r.n};
}

Result Ends::Drop() noexcept {
  if (truncates_ && kept_ == nullptr) {
    return Moved(recv(stage_.sink.server, nullptr, kPattern * 8, MSG_TRUNC));
  }
  std::array<std::byte, 16 << 10> room;
  const Result r = Moved(read(stage_.sink.server, room.data(), room.size()));
  if (kept_ != nullptr) kept_->insert(kept_->end(), room.data(), room.data() + r.n);
  return r;
}

}  // namespace tare::io::splice_write_to
