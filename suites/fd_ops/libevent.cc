// SPDX-License-Identifier: Apache-2.0
// Round trips over libevent, by events and by bufferevents.
//
// As Mathewson's book on it and the comments of event2/*.h have it, and at its best:
// - a base of its own a thread, without locks, without looking at the environment, with the clock
//   read only when it is asked for, and with changes told to epoll in batches
//   (EVENT_BASE_FLAG_NOLOCK, _IGNORE_ENV, _NO_CACHE_TIME, _EPOLL_USE_CHANGELIST: no descriptor here
//   is a duplicate);
// - a loop goes on until a callback breaks it (event_base_loopbreak), instead of one call a wait;
// - `libevent`: one persistent, edge-triggered event a direction (EV_PERSIST | EV_ET), added once;
//   a read that did not fill its buffer has emptied the socket and is not repeated; a write is
//   tried at once, and its event added only when the socket is full;
// - `libevent_bufferevent`: the server's input is moved to its output without a copy
//   (bufferevent_write_buffer); the client's callback comes when the whole reply is there (the read
//   watermark), which is looked at where it lies. evbuffer_add_reference in place of
//   bufferevent_write allocates as much, and at 512 bytes was no faster;
// - timeouts, where they are asked for, are common timeouts, kept in a queue and not in a heap
//   (event_base_init_common_timeout): a persistent event's starts again with each of its callbacks.
#include "suites/fd_ops/libevent.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "suites/fd_ops/libevent_base.h"

namespace tare::suites {
class LibeventRaw : public LibeventBase {
 public:
  ~LibeventRaw() { Close(); }

  io::Result Open(std::span<const io::Pair> pairs, const io::fd_ops::Exchange& exchange) {
    ends_.Open(pairs, exchange);
    timeout_ = Timeout();
    sockets_ = std::vector<Socket>(2 * pairs.size());
    for (size_t end = 0; end < sockets_.size(); ++end) {
      if (!OpenSocket(end)) {
        FailWith(errno);
        Close();
        return failed_;
      }
    }
    return {};
  }

  io::Result Trip() noexcept {
    failed_ = {};
    left_ = active();  // a reply that is whole was preceded by all else
    for (size_t i = 0; i < active(); ++i) {
      ends_.received[i] = 0;
      sockets_[2 * i].Send(ends_.Message(i), ends_.exchange.size);
    }
    Run();
    return failed_;
  }

  void Close() noexcept {
    for (Socket& socket : sockets_) {
      if (socket.in != nullptr) event_free(socket.in);
      if (socket.out != nullptr) event_free(socket.out);
    }
    sockets_.clear();
    ends_.Close();
  }

 private:
  struct Socket {
    LibeventRaw* owner = nullptr;
    size_t connection = 0;
    io::Handle handle = io::kNoHandle;  // Ends closes it
    event* in = nullptr;
    event* out = nullptr;
    std::span<const std::byte> unsent;

    // What the socket does not take is sent when it has room.
    void Send(const std::byte* data, size_t size) noexcept {
      unsent = {data, size};
      SendRest();
    }
    void SendRest() noexcept {
      while (!unsent.empty()) {
        const ssize_t n = send(handle, unsent.data(), unsent.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return (void)event_add(out, owner->timeout_);
        if (n < 0) return owner->Stop(errno);
        unsent = unsent.subspan(static_cast<size_t>(n));
      }
    }
    // n as of recv: false if there was nothing, or no more will come.
    bool Got(ssize_t n) noexcept {
      if (n < 0 && errno != EAGAIN && errno != EINTR) owner->Stop(errno);
      if (n == 0) owner->Stop({0, io::Errc::kEof, 0});
      return n > 0;
    }
  };

  bool OpenSocket(size_t end) noexcept {
    Socket& socket = sockets_[end];
    const io::Pair& pair = ends_.pairs[end / 2];
    const bool server = end % 2 == 1;
    socket.owner = this;
    socket.connection = end / 2;
    socket.handle = server ? pair.server : pair.client;
    if (evutil_make_socket_nonblocking(socket.handle) != 0) return false;
    const auto event_of = [&](short what, event_callback_fn callback) {
      return event_new(base_, socket.handle, static_cast<short>(what | EV_ET), callback, &socket);
    };
    socket.in = event_of(EV_READ | EV_PERSIST, server ? &OnRequest : &OnReply);
    socket.out = event_of(EV_WRITE, &OnRoom);
    return socket.in != nullptr && socket.out != nullptr && event_add(socket.in, timeout_) == 0;
  }

  static void OnRequest(evutil_socket_t handle, short what, void* argument) {
    Socket& server = *static_cast<Socket*>(argument);
    LibeventRaw& all = *server.owner;
    if (what & EV_TIMEOUT) return all.Stop({0, io::Errc::kTimeout, 0});
    std::byte* const buffer = all.ends_.ServerBuffer(server.connection);
    const size_t room = all.ends_.exchange.buf;
    for (;;) {
      // What was received and could not all be sent has the buffer: OnRoom goes on from here.
      if (!server.unsent.empty()) return;
      const ssize_t n = recv(handle, buffer, room, 0);
      if (!server.Got(n)) return;
      server.Send(buffer, static_cast<size_t>(n));
      if (static_cast<size_t>(n) < room) return;
    }
  }

  static void OnReply(evutil_socket_t handle, short what, void* argument) {
    Socket& client = *static_cast<Socket*>(argument);
    LibeventRaw& all = *client.owner;
    if (what & EV_TIMEOUT) return all.Stop({0, io::Errc::kTimeout, 0});
    const io::fd_ops::Exchange& exchange = all.ends_.exchange;
    size_t& received = all.ends_.received[client.connection];
    while (received < exchange.size) {
      const size_t room = exchange.buf - received;
      const ssize_t n = recv(handle, all.ends_.ClientBuffer(client.connection) + received, room, 0);
      if (!client.Got(n)) return;
      received += static_cast<size_t>(n);
      if (received >= exchange.size) all.Ended();
      if (static_cast<size_t>(n) < room) return;
    }
  }

  static void OnRoom(evutil_socket_t, short what, void* argument) {
    Socket& socket = *static_cast<Socket*>(argument);
    if (what & EV_TIMEOUT) return socket.owner->Stop({0, io::Errc::kTimeout, 0});
    socket.SendRest();
    if (socket.unsent.empty()) event_active(socket.in, EV_READ, 0);
  }

  const timeval* timeout_ = nullptr;
  std::vector<Socket> sockets_;
};

class LibeventBuffers : public LibeventBase {
 public:
  ~LibeventBuffers() { Close(); }

  io::Result Open(std::span<const io::Pair> pairs, const io::fd_ops::Exchange& exchange) {
    ends_.Open(pairs, exchange);
    sockets_ = std::vector<Socket>(2 * pairs.size());
    const timeval* timeout = Timeout();
    for (size_t end = 0; end < sockets_.size(); ++end) {
      if (!OpenSocket(end, timeout)) {
        FailWith(errno);
        Close();
        return failed_;
      }
    }
    return {};
  }

  io::Result Trip() noexcept {
    failed_ = {};
    left_ = active();
    for (size_t i = 0; i < active(); ++i) {
      Socket& client = sockets_[2 * i];
      // The reply to the last message has been looked at.
      if (client.received > 0) (void)evbuffer_drain(client.Input(), client.received);
      client.received = 0;
      if (bufferevent_write(client.stream, ends_.Message(i), ends_.exchange.size) != 0) {
        Fail({0, io::Errc::kResource, 0});
      }
    }
    Run();
    return failed_;
  }

  std::span<const std::byte> Received(int i) noexcept {
    Socket& client = sockets_[2 * static_cast<size_t>(i)];
    auto* bytes = evbuffer_pullup(client.Input(), static_cast<ev_ssize_t>(client.received));
    return {reinterpret_cast<const std::byte*>(bytes), client.received};
  }

  void Close() noexcept {
    for (Socket& socket : sockets_) {
      if (socket.stream != nullptr) bufferevent_free(socket.stream);
    }
    sockets_.clear();
    ends_.Close();
  }

 private:
  struct Socket {
    LibeventBuffers* owner = nullptr;
    bufferevent* stream = nullptr;
    size_t received = 0;  // a client's: what its input holds of the reply

    evbuffer* Input() noexcept { return bufferevent_get_input(stream); }
  };

  bool OpenSocket(size_t end, const timeval* timeout) noexcept {
    Socket& socket = sockets_[end];
    socket.owner = this;
    const io::Pair& pair = ends_.pairs[end / 2];
    const bool server = end % 2 == 1;
    const io::Handle handle = server ? pair.server : pair.client;
    if (evutil_make_socket_nonblocking(handle) != 0) return false;
    socket.stream = bufferevent_socket_new(base_, handle, BEV_OPT_CLOSE_ON_FREE);
    if (socket.stream == nullptr) return false;
    (void)Take(end);
    bufferevent_setcb(socket.stream, server ? &OnRequest : &OnReply, nullptr, &OnEvent, &socket);
    if (!server) bufferevent_setwatermark(socket.stream, EV_READ, ends_.exchange.size, 0);
    if (timeout != nullptr && bufferevent_set_timeouts(socket.stream, timeout, timeout) != 0)
      return false;
    return bufferevent_enable(socket.stream, EV_READ) == 0;
  }

  static void OnRequest(bufferevent* stream, void* argument) {
    if (bufferevent_write_buffer(stream, bufferevent_get_input(stream)) != 0) {
      static_cast<Socket*>(argument)->owner->Stop({0, io::Errc::kResource, 0});
    }
  }

  static void OnReply(bufferevent*, void* argument) {
    Socket& client = *static_cast<Socket*>(argument);
    const size_t size = evbuffer_get_length(client.Input());
    if (size > client.owner->ends_.exchange.size || client.received > 0) {
      return client.owner->Stop({0, io::Errc::kResource, 0});
    }
    client.received = size;
    client.owner->Ended();
  }

  static void OnEvent(bufferevent*, short what, void* argument) {
    LibeventBuffers& all = *static_cast<Socket*>(argument)->owner;
    if (what & BEV_EVENT_TIMEOUT) all.Stop({0, io::Errc::kTimeout, 0});
    if (what & BEV_EVENT_EOF) all.Stop({0, io::Errc::kEof, 0});
    if (what & BEV_EVENT_ERROR) all.Stop(errno);
  }

  std::vector<Socket> sockets_;
};

template class LibraryTrips<LibeventRaw>;
template class LibraryTrips<LibeventBuffers>;

}  // namespace tare::suites
