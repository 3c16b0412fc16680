// SPDX-License-Identifier: Apache-2.0
// The handshake of Boost.Beast, before anything is timed.
#include <boost/beast/websocket.hpp>
#include <thread>

#include "suites/ws_frames/beast_stream.h"

namespace tare::suites {

using boost::system::error_code;

// By blocking calls, one end on a thread of its own, for those compile in half the time. An end
// that has failed must not leave the other one waiting.
error_code BeastHandshake(BeastStream& client, BeastStream& server) {
  const auto hang_up = [](BeastStream& stream) {
    error_code ignored;
    stream.next_layer().shutdown(boost::asio::socket_base::shutdown_both, ignored);
  };
  error_code at_client, at_server;
  std::thread other([&] {
    client.handshake("localhost", "/", at_client);
    if (at_client) hang_up(client);
  });
  server.accept(at_server);
  if (at_server) hang_up(server);
  other.join();
  return at_server ? at_server : at_client;
}

}  // namespace tare::suites
