// SPDX-License-Identifier: Apache-2.0
// wslay, which is given a frame and then told that there is no more: with messages that it puts
// together, and with their pieces as they come.
#include "suites/ws_frames/wslay.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>

namespace tare::suites {
namespace {

class Reader {
 public:
  static constexpr const char* kWhyNot = nullptr;

  explicit Reader(bool buffered) {
    wslay_event_callbacks callbacks{};
    callbacks.recv_callback = &OnRecv;
    if (!buffered) callbacks.on_frame_recv_chunk_callback = &OnChunk;
    callbacks.on_msg_recv_callback = &OnMessage;
    if (wslay_event_context_server_init(&context_, &callbacks, this) != 0) {
      context_ = nullptr;
      return;
    }
    wslay_event_config_set_no_buffering(context_, buffered ? 0 : 1);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
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
    got_ = 0;
    whole_ = false;
    const int error = wslay_event_recv(context_);
    if (error != 0 || !whole_) return {0, io::Errc::kOther, error};
    return {static_cast<int64_t>(got_)};
  }

 private:
  static ssize_t OnRecv(wslay_event_context_ptr context, uint8_t* buffer, size_t size, int,
                        void* user) {
    auto& self = *static_cast<Reader*>(user);
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
  static void OnChunk(wslay_event_context_ptr, const wslay_event_on_frame_recv_chunk_arg* chunk,
                      void* user) {
    static_cast<Reader*>(user)->Take(chunk->data, chunk->data_length);
  }
  // Of a message that was given in pieces there is nothing left here.
  static void OnMessage(wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message,
                        void* user) {
    auto& self = *static_cast<Reader*>(user);
    self.Take(message->msg, message->msg_length);
    self.whole_ = true;
  }
  void Take(const uint8_t* bytes, size_t size) noexcept {
    if (size == 0) return;
    if (size <= to_.size()) std::memcpy(to_.data(), bytes, size);
    to_ = to_.subspan(std::min(size, to_.size()));
    got_ += size;
  }

  wslay_event_context_ptr context_ = nullptr;
  std::span<const std::byte> wire_;
  size_t frame_ = 0;
  size_t at_ = 0;    // in the wire
  size_t left_ = 0;  // of the frame
  std::span<std::byte> to_;
  size_t got_ = 0;
  bool whole_ = false;
};

}  // namespace

class WslayReads : public Reader {
 public:
  WslayReads() : Reader(true) {}
};
class WslayPieces : public Reader {
 public:
  WslayPieces() : Reader(false) {}
};

template class LibraryReads<WslayReads>;
template class LibraryReads<WslayPieces>;

}  // namespace tare::suites
