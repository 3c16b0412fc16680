// SPDX-License-Identifier: Apache-2.0
// Ends: the connections, messages and buffers that floor and hand loops work on.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "impl/fd_ops/contract.h"

namespace tare::io::fd_ops {

struct Ends {
  Ends() = default;
  ~Ends() { Close(); }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  // Takes the handles over.
  void Open(std::span<const Pair> of, const Exchange& e) {
    exchange = e;
    pairs.assign(of.begin(), of.end());
    messages.resize(pairs.size() * e.size);
    client_buffers.resize(pairs.size() * e.buf);
    server_buffers.resize(pairs.size() * e.buf);
    received.resize(pairs.size());
  }
  void Close() noexcept {
    CloseAll(pairs);
    pairs.clear();
  }

  std::byte* Message(size_t i) noexcept { return messages.data() + i * exchange.size; }
  std::byte* ClientBuffer(size_t i) noexcept { return client_buffers.data() + i * exchange.buf; }
  std::byte* ServerBuffer(size_t i) noexcept { return server_buffers.data() + i * exchange.buf; }

  Exchange exchange;
  std::vector<Pair> pairs;
  std::vector<std::byte> messages;
  std::vector<std::byte> client_buffers;
  std::vector<std::byte> server_buffers;
  std::vector<size_t> received;  // by the client, of this trip
};

}  // namespace tare::io::fd_ops
