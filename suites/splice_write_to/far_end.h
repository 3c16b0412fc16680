// SPDX-License-Identifier: Apache-2.0
// FarEnd: the peer who sends, and what of it lies unread in front of the source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "impl/base/socket.h"

namespace tare::suites {

// Byte `i` of what is sent; every byte follows from its place, so that what is lost or doubled
// shows.
std::byte SentByte(uint64_t i);
// Whether `bytes` are those of the stream from `from` on.
bool IsSent(const std::vector<std::byte>& bytes, uint64_t from);

// A connection whose far end sends. The near end is the descriptor's once it was taken.
class FarEnd {
 public:
  FarEnd(io::Transport transport, uint64_t from);
  ~FarEnd();
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;

  io::Handle TakeNear();
  // Sends as much as fits of what is left until `total` bytes were sent, at most `most` at once.
  void Send(uint64_t total, uint64_t most);
  uint64_t sent() const { return sent_; }
  // Has finished sending; tears the connection down.
  void Finish();
  void Reset();

  // Takes what lies unread in front of the source, which has no receive pending: nothing of it is
  // under way any more on loopback.
  std::vector<std::byte> Unread();

 private:
  io::Handle far_ = io::kNoHandle;
  io::Handle near_ = io::kNoHandle;
  io::Handle duplicate_ = io::kNoHandle;  // of the near end
  const uint64_t from_;
  uint64_t sent_ = 0;
};

}  // namespace tare::suites
