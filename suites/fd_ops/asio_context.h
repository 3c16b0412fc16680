// SPDX-License-Identifier: Apache-2.0
// What all answers over Asio have in common: how it is configured, its context, and an end. Only
// their own sources include this.
#pragma once

#include "suites/fd_ops/peer.h"
#include "suites/support/handler_memory.h"

// Asio 1.22 looks for the coroutines of the Technical Specification in clang.
#if defined(__clang__) && __cpp_impl_coroutine >= 201902
#define ASIO_HAS_CO_AWAIT 1
#endif
#define ASIO_STANDALONE 1
#define ASIO_NO_DEPRECATED 1
#include <asio.hpp>
#include <cstddef>
#include <utility>

namespace tare::suites {

using AsioExecutor = asio::io_context::executor_type;

struct AsioEnd {
  AsioEnd(asio::io_context& io, size_t the_end) : end(the_end), socket(io) {}

  const size_t end;  // twice the connection's index, plus one at the server
  HandlerMemory read_memory, write_memory;
  asio::basic_stream_socket<asio::ip::tcp, AsioExecutor> socket;
};

// The handler, with its operation's memory from `memory`.
template <class Handler>
auto In(HandlerMemory& memory, Handler&& handler) {
  return asio::bind_allocator(HandlerAllocator<char>(memory), std::forward<Handler>(handler));
}

// A context of one's own a thread, without locks.
class AsioContext : public PeerBase {
 protected:
  void Run() noexcept {
    io_.restart();
    io_.run();
  }
  // Runs what has ended already, until nothing has.
  void RunDown() noexcept {
    do {
      io_.restart();
    } while (io_.poll() > 0);
  }
  void Stop(const asio::error_code& error) noexcept {
    if (closing_) return;
    if (error == asio::error::eof) {
      Fail({0, io::Errc::kEof, 0});
    } else {
      FailWith(error.value());
    }
    io_.stop();
  }
  void Ended() noexcept {
    if (--left_ == 0) io_.stop();
  }

  asio::io_context io_{ASIO_CONCURRENCY_HINT_UNSAFE};
  bool closing_ = false;
};

}  // namespace tare::suites
