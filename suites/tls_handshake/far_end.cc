// SPDX-License-Identifier: Apache-2.0
// Writes and reads that do not wait; by calls that FaultyCalls does not see.
#include "suites/tls_handshake/far_end.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tare::suites::tls_handshake {

void ShrinkBuffers(const io::Pair& pair) {
  for (const io::Handle h : {pair.client, pair.server}) {
    for (const int which : {SO_SNDBUF, SO_RCVBUF}) {
      const int bytes = 16384;
      (void)setsockopt(h, SOL_SOCKET, which, &bytes, sizeof(bytes));
    }
  }
}

void FillUp(io::Handle h) {
  const Bytes bytes(1024);
  while (send(h, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  while (send(h, bytes.data(), 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
}

void TearDown(io::Handle h) {
  (void)shutdown(h, SHUT_RDWR);
}

FarEnd::FarEnd(io::Handle h) : handle_(h) {
  (void)fcntl(h, F_SETFL, fcntl(h, F_GETFL) | O_NONBLOCK);
}

size_t FarEnd::Say(std::span<const std::byte> bytes) {
  const ssize_t n = write(handle_, bytes.data(), bytes.size());
  return n > 0 ? static_cast<size_t>(n) : 0;
}

Bytes FarEnd::Hear() {
  Bytes heard;
  for (std::byte to[16384]; !ended;) {
    const ssize_t n = read(handle_, to, sizeof(to));
    if (n > 0) {
      heard.insert(heard.end(), to, to + n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
      ended = true;
      torn = n < 0;
    } else {
      break;
    }
  }
  return heard;
}

void FarEnd::Finish() {
  (void)io::ShutdownSend(handle_);
}

void FarEnd::Close() {
  const io::Handle h = std::exchange(handle_, io::kNoHandle);
  if (h != io::kNoHandle) (void)io::CloseHandle(h);
}

}  // namespace tare::suites::tls_handshake
