// SPDX-License-Identifier: Apache-2.0
// One shot over libuv: uv_tcp_connect, uv_listen and uv_accept, uv_tcp_close_reset.
//
// As in libuv.cc; handles and requests are made once and initialized anew for each connection.
#include <uv.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "impl/base/check.h"
#include "impl/base/signals.h"
#include "suites/fd_ops/libuv.h"

namespace tare::suites {

class LibuvOneShots : public PeerBase {
 public:
  LibuvOneShots() { TARE_CHECK(uv_loop_init(&loop_) == 0); }
  ~LibuvOneShots() {
    Close();
    TARE_CHECK(uv_loop_close(&loop_) == 0);
    io::TakeBackSignal(EPIPE);
  }

  io::Result Open(io::Transport transport, const io::fd_ops::Exchange& exchange) {
    if (transport != io::Transport::kTcp4) return {0, io::Errc::kUnsupported, 0};
    const auto connections = static_cast<size_t>(exchange.active);
    ends_.Open(std::vector<io::Pair>(connections), exchange);
    streams_ = std::vector<Stream>(2 * connections);
    int error = uv_tcp_init(&loop_, &listener_);
    if (error != 0) return Told(error);
    listening_ = true;
    listener_.data = this;
    error = uv_ip4_addr("127.0.0.1", 0, &at_);
    if (error == 0) error = uv_tcp_bind(&listener_, AddressOf(at_), 0);
    if (error == 0) error = uv_listen(AsStream(listener_), 128, &OnConnection);
    int size = sizeof at_;
    if (error == 0) {
      error = uv_tcp_getsockname(&listener_, reinterpret_cast<sockaddr*>(&at_), &size);
    }
    return Told(error);
  }

  io::Result Trip() noexcept {
    failed_ = {};
    accepted_ = 0;
    left_ = 2 * active();
    for (size_t i = 0; i < active() && failed_.ok(); ++i) {
      Stream& client = streams_[2 * i];
      ends_.received[i] = 0;
      if (!Init(client, 2 * i)) break;
      const int error = uv_tcp_connect(&client.connect, &client.tcp, AddressOf(at_), &OnConnected);
      if (error != 0) Stop(error);
    }
    while (left_ > 0 && failed_.ok()) uv_run(&loop_, UV_RUN_DEFAULT);
    CloseAll();
    return failed_;
  }

  void Close() noexcept {
    if (!std::exchange(listening_, false)) return;
    uv_close(reinterpret_cast<uv_handle_t*>(&listener_), nullptr);
    while (uv_loop_alive(&loop_)) uv_run(&loop_, UV_RUN_DEFAULT);
  }

 private:
  struct Stream {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    LibuvOneShots* owner = nullptr;
    size_t end = 0;        // twice the connection's index, plus one at the server
    bool open = false;     // initialized, and not closed
    bool writing = false;  // a server's, as what follows
    size_t requested = 0;  // of the message, in the buffer
    size_t answered = 0;   // of that, begun to be sent back
  };

  static const sockaddr* AddressOf(const sockaddr_in& in) noexcept {
    return reinterpret_cast<const sockaddr*>(&in);
  }
  static uv_stream_t* AsStream(uv_tcp_t& tcp) noexcept {
    return reinterpret_cast<uv_stream_t*>(&tcp);
  }
  static Stream& Of(const void* handle) noexcept {
    return *static_cast<Stream*>(static_cast<const uv_handle_t*>(handle)->data);
  }
  static io::Result Told(int error) noexcept { return {0, io::FromErrno(-error), -error}; }

  void Stop(io::Result r) noexcept {
    if (closing_) return;
    Fail(r);
    uv_stop(&loop_);
  }
  void Stop(int error) noexcept { Stop(Told(error)); }
  void Ended() noexcept {
    if (--left_ == 0) uv_stop(&loop_);
  }

  bool Init(Stream& stream, size_t end) noexcept {
    stream.owner = this;
    stream.end = end;
    const int error = uv_tcp_init(&loop_, &stream.tcp);
    if (error != 0) Stop(error);
    stream.open = error == 0;
    stream.writing = false;
    stream.requested = stream.answered = 0;
    stream.tcp.data = &stream;
    return stream.open;
  }

  // Clients first, for those reset. uv_close closes the descriptor at once, so one run of the loop
  // serves for all.
  void CloseAll() noexcept {
    closing_ = true;
    closed_ = 0;
    size_t open = 0;
    for (const size_t side : {0, 1}) {
      for (size_t end = side; end < streams_.size(); end += 2) {
        Stream& stream = streams_[end];
        if (!std::exchange(stream.open, false)) continue;
        ++open;
        if (side == 1 || uv_tcp_close_reset(&stream.tcp, &OnClosed) != 0) {
          uv_close(reinterpret_cast<uv_handle_t*>(&stream.tcp), &OnClosed);
        }
      }
    }
    while (closed_ < open) uv_run(&loop_, UV_RUN_ONCE);
    closing_ = false;
  }

  static void OnClosed(uv_handle_t* handle) { ++Of(handle).owner->closed_; }

  void Write(Stream& stream, std::byte* data, size_t size) noexcept {
    const uv_buf_t bytes = uv_buf_init(reinterpret_cast<char*>(data), static_cast<unsigned>(size));
    const int error = uv_write(&stream.write, AsStream(stream.tcp), &bytes, 1, &OnWritten);
    if (error != 0) Stop(error);
  }

  // Sends back what has come and is not under way yet, unless something is: there is one request.
  void Answer(Stream& server) noexcept {
    if (server.writing || server.answered == server.requested) return;
    server.writing = true;
    std::byte* const from = ends_.ServerBuffer(server.end / 2) + server.answered;
    Write(server, from, server.requested - std::exchange(server.answered, server.requested));
  }

  static void OnWritten(uv_write_t* request, int status) {
    Stream& stream = Of(request->handle);
    if (status != 0) return stream.owner->Stop(status);
    if (stream.end % 2 == 0) return stream.owner->Ended();
    stream.writing = false;
    stream.owner->Answer(stream);
  }

  static void OnConnected(uv_connect_t* request, int status) {
    Stream& client = Of(request->handle);
    LibuvOneShots& all = *client.owner;
    if (status == 0) status = uv_read_start(AsStream(client.tcp), &OnAlloc, &OnReply);
    if (status != 0) return all.Stop(status);
    all.Write(client, all.ends_.Message(client.end / 2), all.ends_.exchange.size);
  }

  static void OnConnection(uv_stream_t* listener, int status) {
    LibuvOneShots& all = *static_cast<LibuvOneShots*>(listener->data);
    if (status != 0) return all.Stop(status);
    if (all.accepted_ == all.active()) return all.Stop({0, io::Errc::kResource, 0});
    const size_t end = 2 * all.accepted_++ + 1;
    Stream& server = all.streams_[end];
    if (!all.Init(server, end)) return;
    status = uv_accept(listener, AsStream(server.tcp));
    if (status == 0) status = uv_read_start(AsStream(server.tcp), &OnAlloc, &OnRequest);
    if (status != 0) all.Stop(status);
  }

  // Where the whole message is there already, what comes is more than was sent: it goes to spare
  // room, and is an error.
  static void OnAlloc(uv_handle_t* handle, size_t, uv_buf_t* into) {
    Stream& stream = Of(handle);
    LibuvOneShots& all = *stream.owner;
    const size_t i = stream.end / 2;
    const bool server = stream.end % 2 == 1;
    const size_t used = server ? stream.requested : all.ends_.received[i];
    std::byte* buffer = (server ? all.ends_.ServerBuffer(i) : all.ends_.ClientBuffer(i)) + used;
    size_t room = all.ends_.exchange.buf - used;
    if (room == 0) {
      buffer = all.spare_.data();
      room = all.spare_.size();
    }
    *into = uv_buf_init(reinterpret_cast<char*>(buffer), static_cast<unsigned>(room));
  }

  // n of a read callback: 0 is would-block.
  bool Failed(ssize_t n) noexcept {
    if (n == UV_EOF) Stop({0, io::Errc::kEof, 0});
    if (n < 0 && n != UV_EOF) Stop(static_cast<int>(n));
    return n <= 0;
  }

  static void OnRequest(uv_stream_t* handle, ssize_t n, const uv_buf_t*) {
    Stream& server = Of(handle);
    LibuvOneShots& all = *server.owner;
    if (all.Failed(n)) return;
    if (server.requested >= all.ends_.exchange.size) return all.Stop({0, io::Errc::kResource, 0});
    server.requested += static_cast<size_t>(n);
    all.Answer(server);
  }

  static void OnReply(uv_stream_t* handle, ssize_t n, const uv_buf_t*) {
    Stream& client = Of(handle);
    LibuvOneShots& all = *client.owner;
    if (all.Failed(n)) return;
    size_t& received = all.ends_.received[client.end / 2];
    if (received >= all.ends_.exchange.size) return all.Stop({0, io::Errc::kResource, 0});
    received += static_cast<size_t>(n);
    if (received >= all.ends_.exchange.size) all.Ended();
  }

  const io::SignalShield shield_;
  uv_loop_t loop_;
  uv_tcp_t listener_;
  sockaddr_in at_ = {};
  std::vector<Stream> streams_;
  std::array<std::byte, 64> spare_;
  size_t accepted_ = 0;  // in this trip
  size_t closed_ = 0;
  bool listening_ = false;
  bool closing_ = false;
};

template class LibraryTrips<LibuvOneShots, io::Transport>;

}  // namespace tare::suites
