// SPDX-License-Identifier: Apache-2.0
// Boost.Beast over sockets: both ends on one context, by callbacks.
//
// At its best, as Asio is in suites/fd_ops/asio.cc: a context without locks, sockets of its
// executor's own type, and the memory of pending operations by the handlers' associated allocator.
#include <algorithm>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <utility>
#include <vector>

#include "suites/support/handler_memory.h"
#include "suites/ws_frames/beast.h"

namespace tare::suites {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

namespace {

// Each of a trip's four operations is made of several of Beast's and Asio's, which nest.
using Memory = HandlerRooms<8, 1024>;

// A handler, with its operation's memory from there. (Boost 1.74 has no bind_allocator.)
template <class Handler>
struct Remembered {
  using allocator_type = HandlerAllocator<char, Memory>;
  allocator_type get_allocator() const noexcept { return allocator_type(*memory); }
  template <class... Arguments>
  void operator()(Arguments... arguments) {
    handler(arguments...);
  }
  Memory* memory;
  Handler handler;
};

}  // namespace

class BeastEcho {
 public:
  static constexpr const char* kWhyNot = nullptr;

  io::Result Open(const io::Pair& pair, size_t size) {
    message_.resize(size);
    for (const auto& [stream, handle] :
         {std::pair{&client_, pair.client}, std::pair{&server_, pair.server}}) {
      stream->next_layer().assign(asio::ip::tcp::v4(), handle, error_);
      stream->binary(true);
      stream->auto_fragment(false);  // one frame, as all others send it
      // A client masks into this; at its default of 4 KiB a MiB takes 256 writes.
      stream->write_buffer_bytes(std::clamp(size, size_t{4096}, size_t{1} << 20));
    }
    int shaken = 0;
    const auto done = [this, &shaken](error_code error) {
      if (error) error_ = error;
      ++shaken;
    };
    server_.async_accept(done);
    client_.async_handshake("localhost", "/", done);
    while (shaken < 2 && !error_) context_.run_one();
    return ResultOf();
  }

  io::Result Trip() noexcept {
    at_server_.consume(at_server_.size());
    at_client_.consume(at_client_.size());
    const auto ended = [this](error_code error, size_t) { Ended(error); };
    client_.async_write(asio::buffer(message_.data(), message_.size()), In(ended));
    client_.async_read(at_client_, In(ended));
    server_.async_read(at_server_, In([this, ended](error_code error, size_t) {
                         if (error) return Ended(error);
                         server_.async_write(at_server_.data(), In(ended));
                       }));
    context_.restart();
    context_.run();
    return ResultOf();
  }

  std::span<std::byte> Message() noexcept { return message_; }
  std::span<const std::byte> Received() noexcept {
    const auto data = at_client_.cdata();
    return {static_cast<const std::byte*>(data.data()), data.size()};
  }
  void Close() noexcept {
    error_code ignored;
    client_.next_layer().close(ignored);
    server_.next_layer().close(ignored);
  }

 private:
  using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
  using Stream = beast::websocket::stream<Socket, false>;

  template <class Handler>
  Remembered<Handler> In(Handler handler) {
    return {&memory_, std::move(handler)};
  }

  void Ended(error_code error) {
    if (!error) return;
    error_ = error;
    context_.stop();
  }
  io::Result ResultOf() const {
    return error_ ? io::Result{0, io::Errc::kOther, error_.value()} : io::Result{};
  }

  Memory memory_;  // outlives what is pending
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  Stream client_{context_};
  Stream server_{context_};
  beast::flat_buffer at_server_;
  beast::flat_buffer at_client_;
  std::vector<std::byte> message_;
  error_code error_;
};

template class Peer<BeastEcho, io::Transport>;

}  // namespace tare::suites
