// SPDX-License-Identifier: Apache-2.0
// A peer that is a bare socket: it says what a test wants said, and keeps what it hears.
#pragma once

#include <cstddef>
#include <span>

#include "impl/base/handle.h"
#include "suites/ws_frames/wire.h"

namespace tare::suites::ws_frames {

class RawPeer {
 public:
  explicit RawPeer(io::Handle h) : handle_(h) {}
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  ~RawPeer() { Close(); }

  // As much as the system takes at once; how much that is.
  size_t Say(std::span<const std::byte> bytes);
  // Takes in what is there. False once the stream has ended.
  bool Hear();
  const Bytes& heard() const { return heard_; }
  bool over() const { return over_; }
  // Whether the stream has ended by an error, such as a reset.
  bool broken() const { return broken_; }

  void EndSending();
  void Close();

 private:
  io::Handle handle_;
  Bytes heard_;
  bool over_ = false;
  bool broken_ = false;
};

// Small buffers at both ends, so that a peer that does not read is soon noticed.
void ShrinkBuffers(io::Handle a, io::Handle b);

}  // namespace tare::suites::ws_frames
