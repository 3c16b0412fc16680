// SPDX-License-Identifier: Apache-2.0
// One shot over Asio, by callbacks: async_connect, async_accept, and sockets that are opened anew.
//
// As `asio` in asio.cc.
#include <memory>
#include <vector>

#include "suites/fd_ops/asio.h"
#include "suites/fd_ops/asio_context.h"

namespace tare::suites {

class AsioOneShots : public AsioContext {
 public:
  ~AsioOneShots() { Close(); }

  io::Result Open(io::Transport transport, const io::fd_ops::Exchange& exchange) {
    if (transport != io::Transport::kTcp4) return {0, io::Errc::kUnsupported, 0};
    const auto connections = static_cast<size_t>(exchange.active);
    ends_.Open(std::vector<io::Pair>(connections), exchange);
    for (size_t end = 0; end < 2 * connections; ++end) {
      sockets_.push_back(std::make_unique<Socket>(io_, end));
    }
    at_ = {asio::ip::address_v4::loopback(), 0};
    asio::error_code error;
    acceptor_.open(at_.protocol(), error);
    if (!error) acceptor_.bind(at_, error);
    if (!error) acceptor_.listen(128, error);
    if (!error) at_ = acceptor_.local_endpoint(error);
    if (error) FailWith(error.value());
    return failed_;
  }

  io::Result Trip() noexcept {
    failed_ = {};
    accepted_ = 0;
    left_ = 2 * active();
    AwaitConnection();
    for (size_t i = 0; i < active() && failed_.ok(); ++i) Dial(*sockets_[2 * i]);
    if (failed_.ok()) Run();
    CloseAll();
    return failed_;
  }

  void Close() noexcept {
    asio::error_code error;
    acceptor_.close(error);
    CloseAll();
  }

 private:
  struct Socket : AsioEnd {
    using AsioEnd::AsioEnd;
    size_t requested = 0;  // a server's, of this trip
  };

  // Clients first. What is pending ends meanwhile.
  void CloseAll() noexcept {
    closing_ = true;
    asio::error_code error;
    for (const size_t side : {0, 1}) {
      for (size_t end = side; end < sockets_.size(); end += 2) sockets_[end]->socket.close(error);
    }
    if (accepting_) acceptor_.cancel(error);
    RunDown();
    closing_ = false;
  }

  void Dial(Socket& client) {
    asio::error_code error;
    ends_.received[client.end / 2] = 0;
    client.socket.open(at_.protocol(), error);
    if (!error) client.socket.set_option(asio::socket_base::linger(true, 0), error);
    if (error) return Stop(error);
    client.socket.async_connect(
        at_, In(client.write_memory, [this, &client](const asio::error_code& failed) {
          if (failed) return Stop(failed);
          const size_t i = client.end / 2;
          Write(client, asio::buffer(ends_.Message(i), ends_.exchange.size),
                [this](Socket&) { Ended(); });
          AwaitReply(client);
        }));
  }

  void AwaitConnection() {
    accepting_ = true;
    Socket& server = *sockets_[2 * accepted_ + 1];
    acceptor_.async_accept(server.socket,
                           In(accept_memory_, [this, &server](const asio::error_code& error) {
                             accepting_ = false;
                             if (error) return Stop(error);
                             server.requested = 0;
                             AwaitRequest(server);
                             if (++accepted_ < active()) AwaitConnection();
                           }));
  }

  template <class Then>
  void Write(Socket& end, asio::const_buffer bytes, Then then) {
    asio::async_write(
        end.socket, bytes,
        In(end.write_memory, [this, &end, then](const asio::error_code& error, size_t) {
          if (error) return Stop(error);
          then(end);
        }));
  }

  void AwaitRequest(Socket& server) {
    const size_t i = server.end / 2;
    server.socket.async_read_some(
        asio::buffer(ends_.ServerBuffer(i), ends_.exchange.buf),
        In(server.read_memory, [this, &server, i](const asio::error_code& error, size_t n) {
          if (error) return Stop(error);
          server.requested += n;
          Write(server, asio::buffer(ends_.ServerBuffer(i), n), [this](Socket& end) {
            if (end.requested < ends_.exchange.size) AwaitRequest(end);
          });
        }));
  }

  void AwaitReply(Socket& client) {
    const size_t i = client.end / 2;
    const size_t received = ends_.received[i];
    client.socket.async_read_some(
        asio::buffer(ends_.ClientBuffer(i) + received, ends_.exchange.buf - received),
        In(client.read_memory, [this, &client, i](const asio::error_code& error, size_t n) {
          if (error) return Stop(error);
          ends_.received[i] += n;
          if (ends_.received[i] < ends_.exchange.size) return AwaitReply(client);
          Ended();
        }));
  }

  HandlerMemory accept_memory_;
  asio::basic_socket_acceptor<asio::ip::tcp, AsioExecutor> acceptor_{io_};
  asio::ip::tcp::endpoint at_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  size_t accepted_ = 0;  // in this trip
  bool accepting_ = false;
};

template class LibraryTrips<AsioOneShots, io::Transport>;

}  // namespace tare::suites
