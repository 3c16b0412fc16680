// SPDX-License-Identifier: Apache-2.0
// Sending and looking by calls that do not wait.
#include "suites/splice_write_to/far_end.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace tare::suites {

std::byte SentByte(uint64_t i) {
  // A multiplier without small factors: no shift of the stream looks like another.
  return static_cast<std::byte>((i * 0x9e3779b97f4a7c15u) >> 56);
}

bool IsSent(const std::vector<std::byte>& bytes, uint64_t from) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != SentByte(from + i)) return false;
  }
  return true;
}

FarEnd::FarEnd(io::Transport transport, uint64_t from) : from_(from) {
  std::array<io::Pair, 1> pair;
  if (!io::Pairs(transport, pair).ok()) throw std::runtime_error("no connection");
  far_ = pair[0].client;
  near_ = pair[0].server;
  duplicate_ = fcntl(near_, F_DUPFD_CLOEXEC, 0);
  if (duplicate_ < 0) throw std::runtime_error("no duplicate");
}

FarEnd::~FarEnd() {
  for (const io::Handle h : {far_, near_, duplicate_}) {
    if (h != io::kNoHandle) close(h);
  }
}

io::Handle FarEnd::TakeNear() {
  return std::exchange(near_, io::kNoHandle);
}

// The calls go past call_faults.cc, whose faults are not meant for this end.
void FarEnd::Send(uint64_t total, uint64_t most) {
  if (far_ == io::kNoHandle) return;
  std::array<std::byte, 16 << 10> bytes;
  for (uint64_t left = std::min(total - sent_, most); left > 0;) {
    const size_t size = std::min<uint64_t>(left, bytes.size());
    for (size_t i = 0; i < size; ++i) bytes[i] = SentByte(from_ + sent_ + i);
    const long n =
        syscall(SYS_sendto, far_, bytes.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
    if (n <= 0) return;
    sent_ += static_cast<uint64_t>(n);
    left -= static_cast<uint64_t>(n);
  }
}

void FarEnd::Finish() {
  if (far_ != io::kNoHandle) (void)shutdown(far_, SHUT_WR);
}

void FarEnd::Reset() {
  if (far_ == io::kNoHandle) return;
  (void)io::ResetOnClose(far_);
  close(std::exchange(far_, io::kNoHandle));
}

std::vector<std::byte> FarEnd::Unread() {
  std::vector<std::byte> bytes;
  std::array<std::byte, 64 << 10> room;
  for (;;) {
    const long n =
        syscall(SYS_recvfrom, duplicate_, room.data(), room.size(), MSG_DONTWAIT, nullptr, nullptr);
    if (n <= 0) return bytes;
    bytes.insert(bytes.end(), room.data(), room.data() + n);
  }
}

}  // namespace tare::suites
