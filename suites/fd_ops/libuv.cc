// SPDX-License-Identifier: Apache-2.0
// Round trips over libuv's streams.
//
// As docs.libuv.org has it (Stream handle, Event loop), and at its best: reading is started once
// and never stopped, into buffers that exist already; the request of a write is embedded in its
// stream, to be used again once its callback has come. A read that did not fill its buffer is not
// repeated: that is libuv's own rule. `libuv_try` writes with uv_try_write first and queues a
// request only for what the socket did not take. A loop runs from Trip until a callback stops it
// (uv_stop), which costs less than a call of uv_run for every wait. SIGPIPE is blocked, as libuv's
// guide asks, since it writes without MSG_NOSIGNAL.
#include "suites/fd_ops/libuv.h"

#include <uv.h>

#include <cerrno>
#include <vector>

#include "impl/base/check.h"
#include "impl/base/signals.h"

namespace tare::suites {
namespace {

// kTry: uv_try_write.
template <bool kTry>
class Streams : public PeerBase {
 public:
  Streams() { TARE_CHECK(uv_loop_init(&loop_) == 0); }
  ~Streams() {
    Close();
    TARE_CHECK(uv_loop_close(&loop_) == 0);
    io::TakeBackSignal(EPIPE);
  }

  io::Result Open(std::span<const io::Pair> pairs, const io::fd_ops::Exchange& exchange) {
    ends_.Open(pairs, exchange);
    spare_.resize(exchange.buf);
    streams_ = std::vector<Stream>(2 * pairs.size());
    for (size_t end = 0; end < streams_.size(); ++end) {
      if (int error = OpenStream(end); error != 0) {
        FailWith(-error);
        Close();
        return failed_;
      }
    }
    return {};
  }

  io::Result Trip() noexcept {
    failed_ = {};
    // A request is in use until its callback has come; what was tried has ended.
    left_ = kTry ? active() : 2 * active();
    for (size_t i = 0; i < active(); ++i) {
      ends_.received[i] = 0;
      Write(streams_[2 * i], ends_.Message(i), ends_.exchange.size);
    }
    while (left_ > 0 && failed_.ok()) uv_run(&loop_, UV_RUN_DEFAULT);
    return failed_;
  }

  void Close() noexcept {
    for (size_t end = 0; end < opened_; ++end) {
      uv_close(reinterpret_cast<uv_handle_t*>(&streams_[end].tcp), nullptr);
    }
    opened_ = 0;
    // The first run may be one that was told to stop before.
    while (uv_loop_alive(&loop_)) uv_run(&loop_, UV_RUN_DEFAULT);
    streams_.clear();
    ends_.Close();
  }

 private:
  struct Stream {
    uv_tcp_t tcp;
    uv_write_t request;
    Streams* owner;
    size_t end;            // twice the connection's index, plus one at the server
    bool writing = false;  // the request is in use
  };

  int OpenStream(size_t end) {
    Stream& stream = streams_[end];
    stream.owner = this;
    stream.end = end;
    if (int error = uv_tcp_init(&loop_, &stream.tcp); error != 0) return error;
    ++opened_;
    const io::Handle handle = Take(end);
    if (int error = uv_tcp_open(&stream.tcp, handle); error != 0) {
      (void)io::CloseHandle(handle);
      return error;
    }
    stream.tcp.data = &stream;
    return uv_read_start(reinterpret_cast<uv_stream_t*>(&stream.tcp), &OnAlloc,
                         end % 2 == 1 ? &OnRequest : &OnReply);
  }

  static Stream& Of(void* handle) noexcept {
    return *static_cast<Stream*>(static_cast<uv_handle_t*>(handle)->data);
  }

  void Stop(io::Result r) noexcept {
    Fail(r);
    uv_stop(&loop_);
  }
  void Stop(int error) noexcept { Stop({0, io::FromErrno(-error), -error}); }
  void Ended() noexcept {
    if (--left_ == 0) uv_stop(&loop_);
  }

  void Write(Stream& stream, std::byte* data, size_t size) noexcept {
    uv_buf_t bytes = uv_buf_init(reinterpret_cast<char*>(data), static_cast<unsigned>(size));
    auto* to = reinterpret_cast<uv_stream_t*>(&stream.tcp);
    if constexpr (kTry) {
      const int written = uv_try_write(to, &bytes, 1);
      if (written < 0 && written != UV_EAGAIN) return Stop(written);
      if (written > 0) {
        bytes.base += written;
        bytes.len -= static_cast<size_t>(written);
      }
      if (bytes.len == 0) return;
    }
    stream.writing = true;
    if (const int error = uv_write(&stream.request, to, &bytes, 1, &OnWritten); error != 0) {
      Stop(error);
    }
  }

  static void OnWritten(uv_write_t* request, int status) {
    Stream& stream = Of(request->handle);
    stream.writing = false;
    if (status == UV_ECANCELED) return;  // by Close
    if (status != 0) return stream.owner->Stop(status);
    if (!kTry && stream.end % 2 == 0) stream.owner->Ended();
  }

  // Where a message has its place already, what comes is more than was sent: it goes to spare room,
  // and there OnRequest and OnReply find it to be too much.
  static void OnAlloc(uv_handle_t* handle, size_t, uv_buf_t* into) {
    Stream& stream = Of(handle);
    Streams& all = *stream.owner;
    const size_t i = stream.end / 2;
    const bool server = stream.end % 2 == 1;
    const size_t used = server ? 0 : all.ends_.received[i];
    std::byte* buffer = server ? all.ends_.ServerBuffer(i) : all.ends_.ClientBuffer(i) + used;
    size_t room = all.ends_.exchange.buf - used;
    if (room == 0 || (server && stream.writing)) {
      buffer = all.spare_.data();
      room = all.spare_.size();
    }
    *into = uv_buf_init(reinterpret_cast<char*>(buffer), static_cast<unsigned>(room));
  }

  // n of a read callback: 0 is would-block.
  bool Failed(ssize_t n, const uv_buf_t* from) noexcept {
    if (n == UV_EOF) {
      Stop({0, io::Errc::kEof, 0});
    } else if (n < 0) {
      Stop(static_cast<int>(n));
    } else if (reinterpret_cast<std::byte*>(from->base) == spare_.data() && n > 0) {
      Stop({0, io::Errc::kResource, 0});
    }
    return n <= 0 || !failed_.ok();
  }

  static void OnRequest(uv_stream_t* handle, ssize_t n, const uv_buf_t* from) {
    Stream& stream = Of(handle);
    Streams& all = *stream.owner;
    if (all.Failed(n, from)) return;
    all.Write(stream, reinterpret_cast<std::byte*>(from->base), static_cast<size_t>(n));
  }

  static void OnReply(uv_stream_t* handle, ssize_t n, const uv_buf_t* from) {
    Stream& stream = Of(handle);
    Streams& all = *stream.owner;
    if (all.Failed(n, from)) return;
    size_t& received = all.ends_.received[stream.end / 2];
    if (received >= all.ends_.exchange.size) return all.Stop({0, io::Errc::kResource, 0});
    received += static_cast<size_t>(n);
    if (received >= all.ends_.exchange.size) all.Ended();
  }

  const io::SignalShield shield_;
  uv_loop_t loop_;
  std::vector<Stream> streams_;
  std::vector<std::byte> spare_;
  size_t opened_ = 0;
};

}  // namespace

class LibuvWrites : public Streams<false> {};
class LibuvTriedWrites : public Streams<true> {};

template class LibraryTrips<LibuvWrites>;
template class LibraryTrips<LibuvTriedWrites>;

}  // namespace tare::suites
