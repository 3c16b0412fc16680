// SPDX-License-Identifier: Apache-2.0
// Round trips over standalone Asio, by callbacks and by coroutines.
//
// As its documentation has it (Overview: Custom Memory Allocation, Concurrency Hints, C++20
// Coroutines; the examples allocation/server.cpp and echo_server.cpp), and at its best:
// - an io_context of its own a thread, without locks (ASIO_CONCURRENCY_HINT_UNSAFE), and sockets of
//   its executor's own type instead of any_io_executor;
// - the memory of every pending operation comes from its end, by the handler's associated allocator
//   (bind_allocator), and is used again;
// - a read that did not fill its buffer is not repeated: that is Asio's own rule;
// - run() goes on until the trip is over, and not by run_one(), which would make Asio's cache of
//   memory anew for every handler.
//
// A coroutine's frame of every co_await comes from that cache, which lives as long as one run(). A
// trip is one run() and begins with a handler that lets the clients go on: inside, every frame is
// made of one that has just ended, and nothing is allocated. That handler costs a wait of no length
// more than a program would need that never leaves run(); to let them go on from outside costs an
// allocation each, and the same time.
#include "suites/fd_ops/asio.h"

#include "suites/fd_ops/handler_memory.h"

// Asio 1.22 looks for the coroutines of the Technical Specification in clang.
#if defined(__clang__) && __cpp_impl_coroutine >= 201902
#define ASIO_HAS_CO_AWAIT 1
#endif
#define ASIO_STANDALONE 1
#define ASIO_NO_DEPRECATED 1
#include <array>
#include <asio.hpp>
#include <exception>
#include <optional>
#include <system_error>
#include <vector>

namespace tare::suites {
namespace {

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

template <class Handler>
auto In(HandlerMemory& memory, Handler&& handler) {
  return asio::bind_allocator(HandlerAllocator<char>(memory), std::forward<Handler>(handler));
}

struct End {
  End(asio::io_context& io, size_t the_end) : end(the_end), socket(io) {}

  const size_t end;  // twice the connection's index, plus one at the server
  HandlerMemory read_memory, write_memory;
  Socket socket;
};

// What both styles have in common. EndType is made of (io_context&, size_t) and derived from End.
template <class EndType>
class Sockets : public PeerBase {
 protected:
  io::Result OpenSockets(std::span<const io::Pair> pairs, const io::fd_ops::Exchange& exchange) {
    ends_.Open(pairs, exchange);
    for (size_t end = 0; end < 2 * pairs.size(); ++end) {
      peers_.push_back(std::make_unique<EndType>(io_, end));
      asio::error_code error;
      const io::Handle handle = Take(end);
      peers_.back()->socket.assign(asio::ip::tcp::v4(), handle, error);
      if (!error) peers_.back()->socket.non_blocking(true, error);
      if (error) {
        if (!peers_.back()->socket.is_open()) (void)io::CloseHandle(handle);
        FailWith(error.value());
        CloseSockets();
        return failed_;
      }
    }
    return {};
  }

  // Ends what is pending, whose handlers find `closing_` to be true.
  void CloseSockets() noexcept {
    closing_ = true;
    for (auto& peer : peers_) {
      asio::error_code error;
      peer->socket.close(error);
    }
    do {
      io_.restart();
    } while (io_.poll() > 0);
    ends_.Close();
  }

  io::Result Run() noexcept {
    io_.restart();
    io_.run();
    return failed_;
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

  asio::mutable_buffer RoomOf(const End& end) noexcept {
    const size_t i = end.end / 2;
    const size_t used = end.end % 2 == 1 ? 0 : ends_.received[i];
    std::byte* const buffer = end.end % 2 == 1 ? ends_.ServerBuffer(i) : ends_.ClientBuffer(i);
    return asio::buffer(buffer + used, ends_.exchange.buf - used);
  }
  asio::const_buffer MessageOf(const End& client) noexcept {
    return asio::buffer(ends_.Message(client.end / 2), ends_.exchange.size);
  }

  asio::io_context io_{ASIO_CONCURRENCY_HINT_UNSAFE};
  std::vector<std::unique_ptr<EndType>> peers_;
  bool closing_ = false;
};

}  // namespace

class AsioCallbacks : public Sockets<End> {
 public:
  ~AsioCallbacks() { Close(); }

  io::Result Open(std::span<const io::Pair> pairs, const io::fd_ops::Exchange& exchange) {
    const io::Result r = OpenSockets(pairs, exchange);
    if (!r.ok()) return r;
    for (size_t i = 0; i < pairs.size(); ++i) {
      AwaitRequest(*peers_[2 * i + 1]);
      if (i >= active()) AwaitReply(*peers_[2 * i]);
    }
    return {};
  }

  io::Result Trip() noexcept {
    failed_ = {};
    left_ = 2 * active();
    for (size_t i = 0; i < active(); ++i) {
      End& client = *peers_[2 * i];
      ends_.received[i] = 0;
      Write(client, MessageOf(client), [this](End&) { Ended(); });
      AwaitReply(client);
    }
    return Run();
  }

  void Close() noexcept { CloseSockets(); }

 private:
  template <class Then>
  void Write(End& end, asio::const_buffer bytes, Then then) {
    asio::async_write(
        end.socket, bytes,
        In(end.write_memory, [this, &end, then](const asio::error_code& error, size_t) {
          if (error) return Stop(error);
          then(end);
        }));
  }

  void AwaitRequest(End& server) {
    server.socket.async_read_some(
        RoomOf(server),
        In(server.read_memory, [this, &server](const asio::error_code& error, size_t n) {
          if (error) return Stop(error);
          Write(server, asio::buffer(ends_.ServerBuffer(server.end / 2), n),
                [this](End& end) { AwaitRequest(end); });
        }));
  }

  void AwaitReply(End& client) {
    client.socket.async_read_some(
        RoomOf(client),
        In(client.read_memory, [this, &client](const asio::error_code& error, size_t n) {
          if (error) return Stop(error);
          size_t& received = ends_.received[client.end / 2];
          received += n;
          if (received < ends_.exchange.size) return AwaitReply(client);
          Ended();
        }));
  }
};

#if defined(ASIO_HAS_CO_AWAIT)

namespace {

template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;
constexpr asio::use_awaitable_t<Executor> kAwait;

// Where a coroutine waits for the next trip: the handler that goes on with it is kept.
class Gate {
 public:
  Awaitable<> Wait() {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [this](auto&& handler) { waiting_.emplace(std::move(handler)); }, kAwait);
  }
  void Open() {
    Handler handler = std::move(*waiting_);
    waiting_.reset();
    handler();
  }
  // Ends the coroutine.
  void Abandon() noexcept { waiting_.reset(); }

 private:
  using Handler = asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;
  std::optional<Handler> waiting_;
};

struct GatedEnd : End {
  using End::End;
  Gate gate;
};

}  // namespace

class AsioCoroutines : public Sockets<GatedEnd> {
 public:
  ~AsioCoroutines() { Close(); }

  io::Result Open(std::span<const io::Pair> pairs, const io::fd_ops::Exchange& exchange) {
    const io::Result r = OpenSockets(pairs, exchange);
    if (!r.ok()) return r;
    const auto ended = [this](std::exception_ptr why) { EndedBy(why); };
    for (size_t i = 0; i < pairs.size(); ++i) {
      GatedEnd& client = *peers_[2 * i];
      asio::co_spawn(io_, Serve(*peers_[2 * i + 1]), ended);
      asio::co_spawn(io_, i < active() ? Ask(client) : Idle(client), ended);
    }
    io_.poll();  // as far as the gates
    return failed_;
  }

  io::Result Trip() noexcept {
    failed_ = {};
    left_ = active();
    asio::post(io_, In(start_memory_, [this] {
                 for (size_t i = 0; i < active(); ++i) peers_[2 * i]->gate.Open();
               }));
    return Run();
  }

  void Close() noexcept {
    closing_ = true;
    for (auto& peer : peers_) peer->gate.Abandon();
    CloseSockets();
  }

 private:
  Awaitable<size_t> Read(End& end) {
    return end.socket.async_read_some(RoomOf(end), In(end.read_memory, kAwait));
  }
  Awaitable<size_t> Write(End& end, asio::const_buffer bytes) {
    return asio::async_write(end.socket, bytes, In(end.write_memory, kAwait));
  }

  Awaitable<> Serve(End& server) {
    for (;;) {
      const size_t n = co_await Read(server);
      co_await Write(server, asio::buffer(ends_.ServerBuffer(server.end / 2), n));
    }
  }

  Awaitable<> Ask(GatedEnd& client) {
    size_t& received = ends_.received[client.end / 2];
    for (;;) {
      co_await client.gate.Wait();
      co_await Write(client, MessageOf(client));
      for (received = 0; received < ends_.exchange.size;) received += co_await Read(client);
      Ended();
    }
  }

  Awaitable<> Idle(End& client) { ends_.received[client.end / 2] += co_await Read(client); }

  void EndedBy(const std::exception_ptr& why) noexcept {
    try {
      if (why) std::rethrow_exception(why);
    } catch (const asio::system_error& e) {
      Stop(e.code());
    } catch (...) {
      Stop(asio::error::no_memory);
    }
  }

  HandlerMemory start_memory_;
};

#else

// Never opened.
class AsioCoroutines : public AbsentPeer {
 public:
  static constexpr const char* kWhyNot = "built by a compiler whose coroutines Asio does not know";
};

#endif

template class Peer<AsioCallbacks>;
template class Peer<AsioCoroutines>;

}  // namespace tare::suites
