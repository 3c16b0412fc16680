// SPDX-License-Identifier: Apache-2.0
// FarEnd: the other end of a TCP connection as a bare socket that never blocks.
#pragma once

#include <cstddef>
#include <span>

#include "impl/base/socket.h"
#include "suites/tls_handshake/bare_ssl.h"

namespace tare::suites::tls_handshake {

// Bounds the buffers of both ends, so that a peer who does not read is soon noticed.
void ShrinkBuffers(const io::Pair& pair);
// Sends past whatever connection `h` belongs to, until the system takes no more.
void FillUp(io::Handle h);

// Ends both halves of a connection under whoever has it.
void TearDown(io::Handle h);

class FarEnd {
 public:
  // On a thread where SIGPIPE is blocked, as it is where there is a loop.
  explicit FarEnd(io::Handle h);
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;
  ~FarEnd() { Close(); }

  // Says what can be said now; how many bytes.
  size_t Say(std::span<const std::byte> bytes);
  // What is there; `ended` once the stream has.
  Bytes Hear();
  // Ends the sending half, without a word of TLS.
  void Finish();
  void Close();

  bool ended = false;  // the peer's stream
  bool torn = false;   // by a reset

 private:
  io::Handle handle_;
};

}  // namespace tare::suites::tls_handshake
