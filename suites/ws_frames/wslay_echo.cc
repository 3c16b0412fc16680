// SPDX-License-Identifier: Apache-2.0
// wslay over sockets: both ends on one thread, by its event API, which leaves waiting to its user.
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <vector>

#include "suites/ws_frames/wslay.h"

namespace tare::suites {
namespace {

// wslay asks for 4 KiB at a time and masks in pieces of that; without buffers of our own a MiB
// would take 256 calls.
constexpr size_t kRoom = 128 << 10;
constexpr int kPatienceMs = 10'000;  // on loopback nothing is ever late

}  // namespace

class WslayEcho {
 public:
  static constexpr const char* kWhyNot = nullptr;

  io::Result Open(const io::Pair& pair, size_t size) {
    message_.resize(size);
    const bool client = client_.Open(pair.client, size, &wslay_event_context_client_init);
    const bool server = server_.Open(pair.server, size, &wslay_event_context_server_init);
    return {0, client && server ? io::Errc::kOk : io::Errc::kResource, 0};
  }

  io::Result Trip() noexcept {
    client_.Begin();
    server_.Begin();
    server_.echoes = true;
    if (!client_.Queue(message_)) return {0, io::Errc::kResource, 0};
    while (!client_.whole) {
      client_.moved = server_.moved = false;
      client_.Send();
      server_.Receive();
      server_.Send();
      client_.Receive();
      for (const End* end : {&client_, &server_}) {
        if (!end->error.ok()) return end->error;
      }
      if (!client_.moved && !server_.moved && !WaitForBytes()) return {0, io::Errc::kOther, 0};
    }
    return {};
  }

  std::span<std::byte> Message() noexcept { return message_; }
  std::span<const std::byte> Received() noexcept {
    return std::span(client_.message).first(client_.filled);
  }
  void Close() noexcept {
    client_.Close();
    server_.Close();
  }

 private:
  struct End {
    End() = default;
    End(const End&) = delete;
    End& operator=(const End&) = delete;
    ~End() { Close(); }

    using Init = int(wslay_event_context_ptr*, const wslay_event_callbacks*, void*);
    bool Open(io::Handle h, size_t size, Init* init) {
      handle = h;
      message.resize(size);
      in.resize(kRoom);
      out.resize(kRoom);
      wslay_event_callbacks callbacks{};
      callbacks.recv_callback = &OnRecv;
      callbacks.send_callback = &OnSend;
      callbacks.genmask_callback = &OnMask;
      callbacks.on_frame_recv_chunk_callback = &OnChunk;
      callbacks.on_msg_recv_callback = &OnMessage;
      if (init(&context, &callbacks, this) != 0) {
        context = nullptr;
        return false;
      }
      // Pieces of a message come straight to OnChunk: nothing of it is kept by wslay.
      wslay_event_config_set_no_buffering(context, 1);
      return true;
    }
    void Close() noexcept {
      if (context != nullptr) wslay_event_context_free(context);
      context = nullptr;
      if (handle != io::kNoHandle) (void)io::CloseHandle(handle);
      handle = io::kNoHandle;
    }

    void Begin() noexcept {
      filled = 0;
      whole = false;
    }
    bool Queue(std::span<const std::byte> bytes) noexcept {
      const wslay_event_msg msg{WSLAY_BINARY_FRAME, reinterpret_cast<const uint8_t*>(bytes.data()),
                                bytes.size()};
      return wslay_event_queue_msg(context, &msg) == 0;
    }

    void Receive() noexcept {
      drained = false;
      if (wslay_event_recv(context) != 0) Failed(io::Errc::kOther, 0);
    }
    void Send() noexcept {
      if (wslay_event_want_write(context) && wslay_event_send(context) != 0) {
        Failed(io::Errc::kOther, 0);
      }
      if (out_from < out_to) (void)Flush({});
    }

    // Sends what is in `out` and then `more`, in one call: how many bytes of `more` went.
    size_t Flush(std::span<const uint8_t> more) noexcept {
      const size_t kept = out_to - out_from;
      std::array<iovec, 2> pieces{iovec{out.data() + out_from, kept},
                                  iovec{const_cast<uint8_t*>(more.data()), more.size()}};
      msghdr message_header{};
      message_header.msg_iov = pieces.data();
      message_header.msg_iovlen = pieces.size();
      const ssize_t n = sendmsg(handle, &message_header, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) Failed(io::FromErrno(errno), errno);
        return 0;
      }
      moved = true;
      const size_t sent = static_cast<size_t>(n);
      if (sent < kept) {
        out_from += sent;
        return 0;
      }
      out_from = out_to = 0;
      return sent - kept;
    }

    void Failed(io::Errc err, int os) noexcept {
      if (error.ok()) error = {0, err, os};
    }

    static End& Of(void* user) { return *static_cast<End*>(user); }

    static ssize_t OnRecv(wslay_event_context_ptr context, uint8_t* buffer, size_t size, int,
                          void* user) {
      End& end = Of(user);
      if (end.in_from == end.in_to) {
        const ssize_t n =
            end.drained ? -1 : recv(end.handle, end.in.data(), end.in.size(), MSG_DONTWAIT);
        if (n <= 0) {
          const bool later = end.drained || (n < 0 && (errno == EAGAIN || errno == EINTR));
          if (!later)
            end.Failed(n == 0 ? io::Errc::kEof : io::FromErrno(errno), n == 0 ? 0 : errno);
          wslay_event_set_error(context, later ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
          return -1;
        }
        end.moved = true;
        end.in_from = 0;
        end.in_to = static_cast<size_t>(n);
        end.drained = end.in_to < end.in.size();  // nothing was left in the socket
      }
      const size_t n = std::min(size, end.in_to - end.in_from);
      std::memcpy(buffer, end.in.data() + end.in_from, n);
      end.in_from += n;
      return static_cast<ssize_t>(n);
    }

    static ssize_t OnSend(wslay_event_context_ptr context, const uint8_t* data, size_t size, int,
                          void* user) {
      End& end = Of(user);
      if (size <= end.out.size() - end.out_to) {
        std::memcpy(end.out.data() + end.out_to, data, size);
        end.out_to += size;
        return static_cast<ssize_t>(size);
      }
      const size_t n = end.Flush({data, size});
      if (n > 0) return static_cast<ssize_t>(n);
      wslay_event_set_error(context,
                            end.error.ok() ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
      return -1;
    }

    static int OnMask(wslay_event_context_ptr, uint8_t* buffer, size_t size, void* user) {
      for (size_t i = 0; i < size; ++i) buffer[i] = static_cast<uint8_t>(Of(user).random() >> 7);
      return 0;
    }

    static void OnChunk(wslay_event_context_ptr, const wslay_event_on_frame_recv_chunk_arg* chunk,
                        void* user) {
      End& end = Of(user);
      if (chunk->data_length > end.message.size() - end.filled) {
        return end.Failed(io::Errc::kOther, 0);
      }
      std::memcpy(end.message.data() + end.filled, chunk->data, chunk->data_length);
      end.filled += chunk->data_length;
    }

    static void OnMessage(wslay_event_context_ptr, const wslay_event_on_msg_recv_arg*, void* user) {
      End& end = Of(user);
      end.whole = true;
      if (end.echoes && !end.Queue(std::span(end.message).first(end.filled))) {
        end.Failed(io::Errc::kResource, 0);
      }
    }

    wslay_event_context_ptr context = nullptr;
    io::Handle handle = io::kNoHandle;
    bool echoes = false;
    bool whole = false;    // the message has arrived
    bool moved = false;    // bytes, in this round
    bool drained = false;  // the socket, while it receives
    std::vector<std::byte> message;
    size_t filled = 0;
    std::vector<uint8_t> in;
    size_t in_from = 0, in_to = 0;
    std::vector<uint8_t> out;
    size_t out_from = 0, out_to = 0;
    std::minstd_rand random;
    io::Result error;
  };

  bool WaitForBytes() const noexcept {
    std::array<pollfd, 2> ends{pollfd{client_.handle, POLLIN, 0},
                               pollfd{server_.handle, POLLIN, 0}};
    return poll(ends.data(), ends.size(), kPatienceMs) > 0;
  }

  End client_;
  End server_;
  std::vector<std::byte> message_;
};

template class LibraryMessages<WslayEcho>;

}  // namespace tare::suites
