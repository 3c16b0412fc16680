// SPDX-License-Identifier: Apache-2.0
// The stream that both ends of BeastEcho are, for the two sources that compile its operations.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace tare::suites {

using BeastStream = boost::beast::websocket::stream<
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>,
    false>;  // without permessage-deflate

// Opens both ends of a connection, untimed. It takes the compiler as long as the timed trips do, so
// it has a source of its own.
boost::system::error_code BeastHandshake(BeastStream& client, BeastStream& server);

}  // namespace tare::suites
