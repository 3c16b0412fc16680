// SPDX-License-Identifier: Apache-2.0
// The bare socket's system calls.
#include "suites/ws_frames/raw.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "impl/base/socket.h"

namespace tare::suites::ws_frames {

size_t RawPeer::Say(std::span<const std::byte> bytes) {
  const ssize_t n = send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return n > 0 ? static_cast<size_t>(n) : 0;
}

bool RawPeer::Hear() {
  std::array<std::byte, 4096> buffer;
  while (!over_) {
    const ssize_t n = recv(handle_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
      heard_.insert(heard_.end(), buffer.begin(), buffer.begin() + n);
      continue;
    }
    broken_ = n < 0 && errno != EAGAIN && errno != EINTR;
    over_ = n == 0 || broken_;
    break;
  }
  return !over_;
}

void RawPeer::EndSending() {
  (void)io::ShutdownSend(handle_);
}

void RawPeer::Close() {
  if (handle_ != io::kNoHandle) (void)io::CloseHandle(std::exchange(handle_, io::kNoHandle));
}

void ShrinkBuffers(io::Handle a, io::Handle b) {
  const int size = 128 << 10;  // less, and a full window costs the system 200 ms to reopen
  for (const io::Handle h : {a, b}) {
    (void)setsockopt(h, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(h, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
}

}  // namespace tare::suites::ws_frames
