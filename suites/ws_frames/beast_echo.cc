// SPDX-License-Identifier: Apache-2.0
// Boost.Beast over sockets: both ends on one context, by callbacks.
//
// At its best, as Asio is in suites/fd_ops/asio.cc: a context without locks, sockets of its
// executor's own type, and the memory of pending operations by the handlers' associated allocator.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <utility>
#include <vector>

#include "suites/support/handler_memory.h"
#include "suites/ws_frames/beast.h"
#include "suites/ws_frames/beast_stream.h"

namespace tare::suites {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

namespace {

// Each of a trip's four operations is made of several of Beast's and Asio's, which nest.
using Memory = HandlerRooms<8, 1024>;

}  // namespace

class BeastEcho {
 public:
  static constexpr const char* kWhyNot = nullptr;

  io::Result Open(const io::Pair& pair, size_t size) {
    message_.resize(size);
    for (const auto& [stream, handle] :
         {std::pair{&client_, pair.client}, std::pair{&server_, pair.server}}) {
      error_code error;
      stream->next_layer().assign(asio::ip::tcp::v4(), handle, error);
      if (error) error_ = error;
      stream->binary(true);
      stream->auto_fragment(false);  // one frame, as all others send it
      // A client masks into this; at its default of 4 KiB a MiB takes 256 writes.
      stream->write_buffer_bytes(std::clamp(size, size_t{4096}, size_t{1} << 20));
    }
    if (!error_) error_ = BeastHandshake(client_, server_);
    return ResultOf();
  }

  io::Result Trip() noexcept {
    at_server_.consume(at_server_.size());
    at_client_.consume(at_client_.size());
    client_.async_write(asio::buffer(message_.data(), message_.size()), Ended{this});
    client_.async_read(at_client_, Ended{this});
    server_.async_read(at_server_, Ended{this, true});
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
  // The handler of each operation, with the operation's memory. One type, because each of Beast's
  // operations is compiled anew, for seconds, for every type of a handler. (And Boost 1.74 has no
  // bind_allocator.)
  struct Ended {
    using allocator_type = HandlerAllocator<char, Memory>;
    allocator_type get_allocator() const noexcept { return allocator_type(echo->memory_); }
    void operator()(error_code error, size_t) const {
      if (error) return echo->Stop(error);
      if (is_request) echo->server_.async_write(echo->at_server_.data(), Ended{echo});
    }
    BeastEcho* echo;
    bool is_request = false;  // which is answered
  };

  void Stop(error_code error) {
    error_ = error;
    context_.stop();
  }
  io::Result ResultOf() const {
    return error_ ? io::Result{0, io::Errc::kOther, error_.value()} : io::Result{};
  }

  Memory memory_;  // outlives what is pending
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  BeastStream client_{context_};
  BeastStream server_{context_};
  beast::flat_buffer at_server_;
  beast::flat_buffer at_client_;
  std::vector<std::byte> message_;
  error_code error_;
};

template class LibraryMessages<BeastEcho>;

}  // namespace tare::suites
