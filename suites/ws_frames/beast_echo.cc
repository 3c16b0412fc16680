// SPDX-License-Identifier: Apache-2.0
// Boost.Beast over sockets: both ends on one context, by callbacks.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <vector>

#include "suites/ws_frames/beast.h"

namespace tare::suites {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

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
    client_.async_write(asio::buffer(message_.data(), message_.size()),
                        [this](error_code error, size_t) { Ended(error); });
    client_.async_read(at_client_, [this](error_code error, size_t) { Ended(error); });
    server_.async_read(at_server_, [this](error_code error, size_t) {
      if (error) return Ended(error);
      server_.async_write(at_server_.data(), [this](error_code e, size_t) { Ended(e); });
    });
    // Until nothing is pending: one run, for its cache of memory ends with it.
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
  using Stream = beast::websocket::stream<asio::ip::tcp::socket, false>;

  void Ended(error_code error) {
    if (!error) return;
    error_ = error;
    context_.stop();
  }
  io::Result ResultOf() const {
    return error_ ? io::Result{0, io::Errc::kOther, error_.value()} : io::Result{};
  }

  asio::io_context context_{1};
  Stream client_{context_};
  Stream server_{context_};
  beast::flat_buffer at_server_;
  beast::flat_buffer at_client_;
  std::vector<std::byte> message_;
  error_code error_;
};

template class Peer<BeastEcho, io::Transport>;

}  // namespace tare::suites
