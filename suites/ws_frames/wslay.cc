// SPDX-License-Identifier: Apache-2.0
// wslay, which is given a frame and then told that there is no more.
#include "suites/ws_frames/wslay.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>

namespace tare::suites {

class WslayReads {
 public:
  static constexpr const char* kWhyNot = nullptr;

  WslayReads() {
    wslay_event_callbacks callbacks{};
    callbacks.recv_callback = &OnRecv;
    callbacks.on_msg_recv_callback = &OnMessage;
    if (wslay_event_context_server_init(&context_, &callbacks, this) != 0) context_ = nullptr;
  }
  WslayReads(const WslayReads&) = delete;
  WslayReads& operator=(const WslayReads&) = delete;
  ~WslayReads() {
    if (context_ != nullptr) wslay_event_context_free(context_);
  }

  io::Result Open(std::span<const std::byte> wire, size_t frame) {
    wire_ = wire;
    frame_ = frame;
    return {0, context_ != nullptr ? io::Errc::kOk : io::Errc::kResource, 0};
  }

  io::Result ReadMessage(std::span<std::byte> to) noexcept {
    if (at_ == wire_.size()) at_ = 0;
    left_ = frame_;
    to_ = to;
    got_ = -1;
    const int error = wslay_event_recv(context_);
    if (error != 0 || got_ < 0) return {0, io::Errc::kOther, error};
    return {got_};
  }

 private:
  static ssize_t OnRecv(wslay_event_context_ptr context, uint8_t* buffer, size_t size, int,
                        void* user) {
    auto& self = *static_cast<WslayReads*>(user);
    const size_t n = std::min(size, self.left_);
    if (n == 0) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    std::memcpy(buffer, self.wire_.data() + self.at_, n);
    self.at_ += n;
    self.left_ -= n;
    return static_cast<ssize_t>(n);
  }
  static void OnMessage(wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message,
                        void* user) {
    auto& self = *static_cast<WslayReads*>(user);
    std::memcpy(self.to_.data(), message->msg, std::min(self.to_.size(), message->msg_length));
    self.got_ = static_cast<int64_t>(message->msg_length);
  }

  wslay_event_context_ptr context_ = nullptr;
  std::span<const std::byte> wire_;
  size_t frame_ = 0;
  size_t at_ = 0;    // in the wire
  size_t left_ = 0;  // of the frame
  std::span<std::byte> to_;
  int64_t got_ = -1;
};

template class Peer<WslayReads>;

}  // namespace tare::suites
