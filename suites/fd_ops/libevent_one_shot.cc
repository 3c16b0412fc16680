// SPDX-License-Identifier: Apache-2.0
// One shot over libevent: bufferevent_socket_connect and evconnlistener.
//
// As `libevent_bufferevent` in libevent.cc. A bufferevent is made for each connection, as
// libevent's own examples do; its socket resets on close, which is set when it is there.
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "suites/fd_ops/libevent.h"
#include "suites/fd_ops/libevent_base.h"

namespace tare::suites {

class LibeventOneShots : public LibeventBase {
 public:
  ~LibeventOneShots() { Close(); }

  io::Result Open(io::Transport transport, const io::fd_ops::Exchange& exchange) {
    if (transport != io::Transport::kTcp4) return {0, io::Errc::kUnsupported, 0};
    const auto connections = static_cast<size_t>(exchange.active);
    ends_.Open(std::vector<io::Pair>(connections), exchange);
    sockets_ = std::vector<Socket>(2 * connections);
    at_ = io::Loopback4();
    listener_ = evconnlistener_new_bind(
        base_, &OnConnection, this, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 128,
        reinterpret_cast<const sockaddr*>(at_.bytes), static_cast<int>(at_.size));
    if (listener_ == nullptr) {
      FailWith(errno);
      return failed_;
    }
    at_ = io::LocalAddress(evconnlistener_get_fd(listener_));
    return {};
  }

  io::Result Trip() noexcept {
    failed_ = {};
    accepted_ = 0;
    left_ = active();
    for (size_t i = 0; i < active() && failed_.ok(); ++i) {
      Socket& client = sockets_[2 * i];
      ends_.received[i] = 0;
      if (!Make(client, i, io::kNoHandle, &OnReply)) break;
      bufferevent_setwatermark(client.stream, EV_READ, ends_.exchange.size, 0);
      // It is sent when the connection is there.
      if (bufferevent_write(client.stream, ends_.Message(i), ends_.exchange.size) != 0 ||
          bufferevent_socket_connect(client.stream, reinterpret_cast<sockaddr*>(at_.bytes),
                                     static_cast<int>(at_.size)) != 0 ||
          !io::ResetOnClose(bufferevent_getfd(client.stream)).ok()) {
        Stop(errno);
      }
    }
    Run();
    for (const size_t side : {0, 1}) {
      for (size_t end = side; end < sockets_.size(); end += 2) Free(sockets_[end]);
    }
    return failed_;
  }

  void Close() noexcept {
    for (Socket& socket : sockets_) Free(socket);
    if (listener_ != nullptr) evconnlistener_free(std::exchange(listener_, nullptr));
  }

 private:
  struct Socket {
    LibeventOneShots* owner = nullptr;
    bufferevent* stream = nullptr;
    size_t connection = 0;
  };

  bool Make(Socket& socket, size_t connection, io::Handle handle,
            bufferevent_data_cb callback) noexcept {
    socket = {this, bufferevent_socket_new(base_, handle, BEV_OPT_CLOSE_ON_FREE), connection};
    if (socket.stream == nullptr) {
      Stop({0, io::Errc::kResource, 0});
      return false;
    }
    bufferevent_setcb(socket.stream, callback, nullptr, &OnEvent, &socket);
    (void)bufferevent_enable(socket.stream, EV_READ);
    return true;
  }

  static void Free(Socket& socket) noexcept {
    if (socket.stream != nullptr) bufferevent_free(std::exchange(socket.stream, nullptr));
  }

  static void OnConnection(evconnlistener*, evutil_socket_t handle, sockaddr*, int,
                           void* argument) {
    LibeventOneShots& all = *static_cast<LibeventOneShots*>(argument);
    if (all.accepted_ == all.active()) {
      (void)io::CloseHandle(handle);
      return all.Stop({0, io::Errc::kResource, 0});
    }
    const size_t i = all.accepted_++;
    if (!all.Make(all.sockets_[2 * i + 1], i, handle, &OnRequest)) (void)io::CloseHandle(handle);
  }

  static void OnRequest(bufferevent* stream, void* argument) {
    if (bufferevent_write_buffer(stream, bufferevent_get_input(stream)) != 0) {
      static_cast<Socket*>(argument)->owner->Stop({0, io::Errc::kResource, 0});
    }
  }

  // The connection goes with the trip: what came is kept.
  static void OnReply(bufferevent* stream, void* argument) {
    Socket& client = *static_cast<Socket*>(argument);
    LibeventOneShots& all = *client.owner;
    size_t& received = all.ends_.received[client.connection];
    if (received > 0) return all.Stop({0, io::Errc::kResource, 0});
    received =
        bufferevent_read(stream, all.ends_.ClientBuffer(client.connection), all.ends_.exchange.buf);
    all.Ended();
  }

  static void OnEvent(bufferevent*, short what, void* argument) {
    LibeventOneShots& all = *static_cast<Socket*>(argument)->owner;
    if (what & BEV_EVENT_EOF) all.Stop({0, io::Errc::kEof, 0});
    if (what & BEV_EVENT_ERROR) all.Stop(errno);
  }

  evconnlistener* listener_ = nullptr;
  io::Address at_;
  std::vector<Socket> sockets_;
  size_t accepted_ = 0;  // in this trip
};

template class LibraryTrips<LibeventOneShots, io::Transport>;

}  // namespace tare::suites
