// SPDX-License-Identifier: Apache-2.0
// Boost.Beast over a stream that is a piece of memory.
#include "suites/ws_frames/beast.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <cstring>
#include <string_view>
#include <utility>

namespace tare::suites {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

// First the client's handshake, then the frames for ever. What is written is dropped.
class MemoryStream {
 public:
  using executor_type = asio::io_context::executor_type;

  explicit MemoryStream(asio::io_context& context) : context_(context) {}
  executor_type get_executor() noexcept { return context_.get_executor(); }

  void Begin(std::span<const std::byte> wire) {
    static constexpr std::string_view kRequest =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    here_ = std::as_bytes(std::span(kRequest.data(), kRequest.size()));
    wire_ = wire;
  }

  template <class Buffers>
  size_t read_some(const Buffers& to, error_code& error) {
    error = {};
    if (here_.empty()) here_ = wire_;
    const size_t n = asio::buffer_copy(to, asio::buffer(here_.data(), here_.size()));
    here_ = here_.subspan(n);
    return n;
  }
  template <class Buffers>
  size_t read_some(const Buffers& to) {
    error_code error;
    return read_some(to, error);
  }
  template <class Buffers>
  size_t write_some(const Buffers& from, error_code& error) {
    error = {};
    return asio::buffer_size(from);
  }
  template <class Buffers>
  size_t write_some(const Buffers& from) {
    return asio::buffer_size(from);
  }

 private:
  asio::io_context& context_;
  std::span<const std::byte> here_;
  std::span<const std::byte> wire_;
};

void teardown(beast::role_type, MemoryStream&, error_code& error) {
  error = {};
}

}  // namespace

class BeastReads {
 public:
  static constexpr const char* kWhyNot = nullptr;

  io::Result Open(std::span<const std::byte> wire, size_t) {
    stream_.next_layer().Begin(wire);
    error_code error;
    stream_.accept(error);
    return ResultOf(0, error);
  }

  io::Result ReadMessage(std::span<std::byte> to) noexcept {
    error_code error;
    const size_t n = stream_.read(buffer_, error);
    const auto data = buffer_.data();
    std::memcpy(to.data(), data.data(), std::min(n, to.size()));
    buffer_.consume(buffer_.size());
    return ResultOf(n, error);
  }

 private:
  static io::Result ResultOf(size_t n, const error_code& error) {
    if (error) return {0, io::Errc::kOther, error.value()};
    return {static_cast<int64_t>(n)};
  }

  asio::io_context context_;
  beast::websocket::stream<MemoryStream, false> stream_{context_};  // without permessage-deflate
  beast::flat_static_buffer<4096> buffer_;
};

template class LibraryReads<BeastReads>;

}  // namespace tare::suites
