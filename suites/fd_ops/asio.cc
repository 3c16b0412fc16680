// SPDX-License-Identifier: Apache-2.0
// Round trips over standalone Asio, by callbacks and by coroutines.
//
// As its documentation has it (Overview: Custom Memory Allocation, Concurrency Hints, C++20
// Coroutines; the examples allocation/server.cpp and echo_server.cpp), and at its best:
// - an io_context of its own a thread, without locks (ASIO_CONCURRENCY_HINT_UNSAFE), and sockets of
//   its executor's own type instead of any_io_executor;
// - the memory of every pending operation comes from its end, by the handler's associated allocator
//   (bind_allocator), and is used again;
// - every read is tried at once, and waits after one in vain: Asio knows a socket to be empty by
//   nothing else, so a trip has two such reads;
// - run() goes on until the trip is over, and not by run_one(), which would make Asio's cache of
//   memory anew for every handler.
//
// A coroutine's frame of every co_await comes from that cache, which lives as long as one run(). A
// trip is one run() and begins with a handler that lets the clients go on: inside, every frame is
// made of one that has just ended, and nothing is allocated. That handler costs a wait of no length
// more than a program would need that never leaves run().
#include "suites/fd_ops/asio.h"

#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "suites/fd_ops/asio_context.h"

namespace tare::suites {
namespace {

// What both styles have in common. EndType is made of (io_context&, size_t) and is, or is derived
// from, AsioEnd.
template <class EndType>
class Sockets : public AsioContext {
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
    RunDown();
    ends_.Close();
  }

  asio::mutable_buffer RoomOf(const AsioEnd& end) noexcept {
    const size_t i = end.end / 2;
    const size_t used = end.end % 2 == 1 ? 0 : ends_.received[i];
    std::byte* const buffer = end.end % 2 == 1 ? ends_.ServerBuffer(i) : ends_.ClientBuffer(i);
    return asio::buffer(buffer + used, ends_.exchange.buf - used);
  }
  asio::const_buffer MessageOf(const AsioEnd& client) noexcept {
    return asio::buffer(ends_.Message(client.end / 2), ends_.exchange.size);
  }

  std::vector<std::unique_ptr<EndType>> peers_;
};

}  // namespace

class AsioCallbacks : public Sockets<AsioEnd> {
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
      AsioEnd& client = *peers_[2 * i];
      ends_.received[i] = 0;
      Write(client, MessageOf(client), [this](AsioEnd&) { Ended(); });
      AwaitReply(client);
    }
    Run();
    return failed_;
  }

  void Close() noexcept { CloseSockets(); }

 private:
  template <class Then>
  void Write(AsioEnd& end, asio::const_buffer bytes, Then then) {
    asio::async_write(
        end.socket, bytes,
        In(end.write_memory, [this, &end, then](const asio::error_code& error, size_t) {
          if (error) return Stop(error);
          then(end);
        }));
  }

  void AwaitRequest(AsioEnd& server) {
    server.socket.async_read_some(
        RoomOf(server),
        In(server.read_memory, [this, &server](const asio::error_code& error, size_t n) {
          if (error) return Stop(error);
          Write(server, asio::buffer(ends_.ServerBuffer(server.end / 2), n),
                [this](AsioEnd& end) { AwaitRequest(end); });
        }));
  }

  void AwaitReply(AsioEnd& client) {
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
using Awaitable = asio::awaitable<T, AsioExecutor>;
constexpr asio::use_awaitable_t<AsioExecutor> kAwait;

// Where a coroutine waits for the next trip: the handler that goes on with it is kept.
class Gate {
 public:
  Awaitable<> Wait() {
    return asio::async_initiate<const asio::use_awaitable_t<AsioExecutor>, void()>(
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
  using Handler = asio::async_result<asio::use_awaitable_t<AsioExecutor>, void()>::handler_type;
  std::optional<Handler> waiting_;
};

struct GatedEnd : AsioEnd {
  using AsioEnd::AsioEnd;
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
    Run();
    return failed_;
  }

  void Close() noexcept {
    closing_ = true;
    for (auto& peer : peers_) peer->gate.Abandon();
    CloseSockets();
  }

 private:
  Awaitable<size_t> Read(AsioEnd& end) {
    return end.socket.async_read_some(RoomOf(end), In(end.read_memory, kAwait));
  }
  Awaitable<size_t> Write(AsioEnd& end, asio::const_buffer bytes) {
    return asio::async_write(end.socket, bytes, In(end.write_memory, kAwait));
  }

  Awaitable<> Serve(AsioEnd& server) {
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

  Awaitable<> Idle(AsioEnd& client) { ends_.received[client.end / 2] += co_await Read(client); }

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
class AsioCoroutines : public AbsentLibrary {
 public:
  static constexpr const char* kWhyNot = "built by a compiler whose coroutines Asio does not know";
};

#endif

template class LibraryTrips<AsioCallbacks>;
template class LibraryTrips<AsioCoroutines>;

}  // namespace tare::suites
